// Looking before an import: who has no right to look is not held up by that, and is told once.
import type { Cluster } from "../cluster/contract.js";
import { isBootsourceError } from "../model/errors.js";
import type { Kind, Objects, Ref } from "../model/objects.js";
import type { World } from "./contract.js";

/** An object, undefined where there is none; "unseen" where there is no right to look. */
export function look<K extends Kind>(kind: K, at: Ref, world: World): Promise<Objects[K] | undefined | "unseen"> {
    return allowed(kind, world, () => world.cluster.get(kind, at));
}

/** All of a kind, or all in a namespace. */
export function lookAll<K extends Kind>(
    kind: K,
    namespace: string | undefined,
    world: World,
): Promise<Objects[K][] | "unseen"> {
    return allowed(kind, world, () => world.cluster.list(kind, namespace === undefined ? {} : { namespace }));
}

/** What is found stays: the next resource need not look for it again. */
export async function lookOnce<K extends Kind>(
    kind: K,
    at: Ref,
    world: World,
): Promise<Objects[K] | undefined | "unseen"> {
    const known = seen.get(world.cluster) ?? new Map<string, unknown>();
    seen.set(world.cluster, known);
    const key = `${kind} ${at.name}`;
    const found = (known.get(key) as Objects[K] | undefined) ?? (await look(kind, at, world));
    if (found !== undefined) known.set(key, found);
    return found;
}

const seen = new WeakMap<Cluster, Map<string, unknown>>();

async function allowed<T>(kind: Kind, world: World, asking: () => Promise<T>): Promise<T | "unseen"> {
    try {
        return await asking();
    } catch (thrown) {
        if (!isBootsourceError(thrown) || thrown.code !== "forbidden") throw thrown;
        // Roles for previews read no Secret, and nobody is to be told so each time.
        if (kind !== "Secret" || !world.preview) {
            world.warn(`${kind}s are not looked at before the import, for want of the right: ${thrown.message}`);
        }
        return "unseen";
    }
}
