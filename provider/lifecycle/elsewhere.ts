// State that speaks of another cluster than the configured one, or of one that is gone: refused, unless the stack says what it means.
import type { Configuration } from "../connect.js";
import type { Cluster } from "../cluster/contract.js";
import { BootsourceError } from "../model/errors.js";
import { isUnknown } from "../model/unknown.js";
import type { Data } from "../resources/contract.js";

/**
 * The error for inputs or a state that another cluster holds; undefined where all is well. A store is only a directory: another
 * one is a replacement that every preview shows. A kubeconfig is switched by mistake, and then nothing may happen.
 */
export function otherCluster(data: Data, { capabilities, identity, name }: Cluster): BootsourceError | undefined {
    const before = data["cluster"];
    if (capabilities.localVolumes || identity === undefined || before === identity) return undefined;
    if (typeof before !== "string" || before === "" || isUnknown(before)) return undefined;
    return new BootsourceError(
        "wrong-cluster",
        `cannot go on: the state speaks of another cluster than ${name}; point bootsource:kubeconfig and bootsource:context back ` +
            "to it, or, where it was built anew or is left for good, run `pulumi config set bootsource:onClusterChange recreate`: " +
            "everything is then made anew here, and nothing is deleted there",
        { facts: { expected: before, found: identity } },
    );
}

/** What a stack says to clusters that change and clusters that are gone. */
export function intentionsOf({ onClusterChange, unreachable }: Configuration): { recreate: boolean; forget: boolean } {
    return { recreate: onClusterChange === "recreate", forget: unreachable === "forget" };
}
