// What a resource may do to an object that is there: only to its own, and only to what it wrote itself.
import type { Cluster } from "../cluster/contract.js";
import { ownerOf } from "../cluster/ownership.js";
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import type { Kind, Metadata, Ref } from "../model/objects.js";

/** An object is ours by its token where there is a state; without one by the URN, which an interrupted run left. */
export function refuseUnlessOurs(
    { kind, at, metadata }: { readonly kind: Kind; readonly at: Ref; readonly metadata: Metadata },
    token: string | undefined,
    { urn, cluster }: { readonly urn: string; readonly cluster: Pick<Cluster, "name"> },
): void {
    const there = ownerOf(metadata);
    if (token === undefined ? there?.urn === urn : there?.token === token) return;
    if (there === undefined) {
        throw new BootsourceError(
            "already-exists",
            `cannot create ${kind} ${describeRef(at)}: ${cluster.name} has one of that name which Pulumi did not make; set ` +
                "adopt: true to take it as it is, choose another name, or remove it",
        );
    }
    throw new BootsourceError(
        "not-owned",
        `cannot create ${kind} ${describeRef(at)}: it belongs to ${there.urn}; if that is the former name of this ` +
            "resource, say so with aliases, else choose another name",
        { facts: { owner: there.urn } },
    );
}

/** Labels or annotations as the arguments now have them: what they no longer name goes, what others wrote stays. */
export function withOwn(
    there: Readonly<Record<string, string>> | undefined,
    before: unknown,
    after: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
    const ours = Object.keys(before ?? {});
    const kept = Object.entries(there ?? {}).filter(([key]) => !ours.includes(key));
    return { ...Object.fromEntries(kept), ...after };
}
