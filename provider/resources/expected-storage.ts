// Storage as a preview expects it: what a StorageDefault is about to change counts for what the same program makes after it.
import type { Cluster } from "../cluster/contract.js";
import type { Kind, Ref } from "../model/objects.js";
import type { World } from "./contract.js";
import type { StorageView } from "./followers.js";

/** Notes how classes and profiles of a cluster will be; a preview alone does. */
export function expectStorage(cluster: Cluster, view: StorageView): void {
    expected.set(cluster, view);
}

/** The world with storage as it will be when a resource is made. An update has the storage that is there: its moves are told by the default. */
export function withExpectedStorage(world: World, old: object | undefined): World {
    const view = world.preview && old === undefined ? expected.get(world.cluster) : undefined;
    return view === undefined ? world : { ...world, cluster: laidOver(world.cluster, view) };
}

/** One process serves one preview, and has one object for each cluster. */
const expected = new WeakMap<Cluster, StorageView>();

function laidOver(cluster: Cluster, { classes, profiles }: StorageView): Cluster {
    const known: Partial<Record<Kind, StorageView["classes"] | StorageView["profiles"]>> = {
        StorageClass: classes,
        StorageProfile: profiles,
    };
    const list = async (kind: Kind, options?: object) => known[kind] ?? cluster.list(kind, options);
    const get = async (kind: Kind, at: Ref) =>
        known[kind] === undefined
            ? cluster.get(kind, at)
            : known[kind].find(({ metadata }) => metadata.name === at.name);
    return new Proxy(cluster, {
        get(target, key) {
            if (key === "list") return list;
            if (key === "get") return get;
            const found: unknown = Reflect.get(target, key, target);
            // A method knows its own object alone: what is private of it is not the proxy's.
            return typeof found === "function" ? (found.bind(target) as unknown) : found;
        },
    });
}
