// The lock of a store's agent: one at a time, and whoever comes second hears which program the first one is.
import { BootsourceError } from "../model/errors.js";
import { type Lock, takeLock } from "./lock.js";
import { agentLockPath } from "./places.js";
import { usersOf } from "./users.js";

/** Takes it; throws `in-use` where another agent works on the store. */
export async function takeAgentLock(directory: string): Promise<Lock> {
    const path = agentLockPath(directory);
    const lock = await takeLock(path);
    if (lock !== undefined) return lock;
    const [who] = await usersOf(path);
    throw new BootsourceError(
        "in-use",
        `cannot keep the store ${directory} current: another agent${who === undefined ? "" : `, ${who},`} does so already; ` +
            "stop that one first",
    );
}
