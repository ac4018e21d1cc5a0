// Whether the marks stay: an operator that knows better takes them back within seconds, and is named, not fought.
import { BootsourceError } from "../model/errors.js";
import type { StorageDefaultSpec } from "../model/storage-default.js";
import { isMarked, lastWriterOf, roleNames, rolesOf } from "../rules/default-roles.js";
import type { World } from "./contract.js";

/** Operators look again at what they keep well within that time; milliseconds. */
const patience = 30_000;

/** Watches for half a minute; throws `conflict`, naming the writer, where a mark is taken back. Worlds of our own have no operators. */
export async function guardMarks(spec: StorageDefaultSpec, world: World): Promise<void> {
    if (!world.cluster.capabilities.othersWrite) return;
    const over = new AbortController();
    const watching = AbortSignal.any([world.signal, over.signal]);
    const timer = world.clock.sleep(patience, watching).then(() => {
        over.abort();
    });
    try {
        for await (const { type, object } of world.cluster.watch("StorageClass", watching)) {
            const isTarget = object.metadata.name === spec.storageClassName;
            if (type === "deleted" || (!isTarget && spec.exclusive === false)) continue;
            for (const role of rolesOf(spec)) {
                if (isMarked(object, role) === isTarget) continue;
                const by = lastWriterOf(object, role);
                const who = by === undefined ? "somebody" : `"${by}"`;
                const what = isTarget ? "took that back" : `made ${object.metadata.name} the ${roleNames[role]} again`;
                throw new BootsourceError(
                    "conflict",
                    `cannot keep the storage class ${spec.storageClassName} the ${roleNames[role]}: ${who} ${what} within ` +
                        `${patience / 1000} s; have it changed there, then run the update again`,
                    { terminal: true, facts: { manager: by ?? "" } },
                );
            }
        }
    } finally {
        over.abort();
        await timer.catch(() => undefined);
    }
}
