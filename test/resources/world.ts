// A store as a resource of ours sees it, with whatever a test puts in the way of that.
import type { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import type { World } from "../../provider/resources/contract.js";

/** The world of a resource of this name during an update; `instead` has the members of the cluster that are others than the store's. */
export function makeWorld(name: string, cluster: EmbeddedCluster, instead: Partial<EmbeddedCluster> = {}): World {
    const seen = new Proxy(cluster, {
        get: (target, key) => {
            if (key in instead) return Reflect.get(instead, key) as unknown;
            const value = Reflect.get(target, key, target) as unknown;
            return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
    });
    return {
        cluster: seen,
        urn: `urn:pulumi:s::p::t::${name}`,
        preview: false,
        replaced: undefined,
        signal: new AbortController().signal,
        clock: systemClock,
        info: () => undefined,
        warn: () => undefined,
        progress: () => undefined,
    } as unknown as World;
}
