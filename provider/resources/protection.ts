// Nothing silently destroyed: a disk that was written since its import, or that a program has open, is not lost by accident.
import type { Cluster } from "../cluster/contract.js";
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import type { Ref } from "../model/objects.js";

/** Why the claim's disk must not go; undefined where nothing speaks against it. */
export async function reasonToKeep(cluster: Cluster, claim: Ref): Promise<string | undefined> {
    const volume = await cluster.volume(claim);
    if (volume === undefined || volume.state === "missing") return undefined;
    const users = await cluster.usersOf(claim);
    if (users.length > 0) return `its disk is in use by ${users.join(", ")}`;
    if (volume.state === "written") return "its disk was written to since the import";
    return undefined;
}

/** Throws `in-use` where the disk must not go, unless the user forces it. */
export async function refuseToLose(
    verb: "delete" | "replace",
    cluster: Cluster,
    claim: Ref,
    force: boolean,
): Promise<void> {
    if (force) return;
    const reason = await reasonToKeep(cluster, claim);
    if (reason !== undefined) throw protectedError(verb, claim, reason);
}

/** The sentence for a disk that is kept from its own deletion. */
export function protectedError(verb: "delete" | "replace", claim: Ref, reason: string): BootsourceError {
    return new BootsourceError(
        "in-use",
        `cannot ${verb} the claim ${describeRef(claim)}: ${reason}; copy what you need and stop its users, or set force: true ` +
            "on the resource, run an update, and try again",
        { facts: { claim: describeRef(claim) } },
    );
}
