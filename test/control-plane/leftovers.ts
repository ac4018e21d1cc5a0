// What a suite leaves at work on a cluster that others use after it: crons, imports, snapshots, which later changes would move again.
import type { Api } from "./api.js";
import { until } from "./until.js";

/** Crons first: they would bring back what goes before them. */
const kinds = [
    ["/apis/cdi.kubevirt.io/v1beta1", "dataimportcrons"],
    ["/apis/cdi.kubevirt.io/v1beta1", "datavolumes"],
    ["/apis/snapshot.storage.k8s.io/v1", "volumesnapshots"],
] as const;

// Both ask until they are answered: a suite before them may have left an API server that is just starting, or learning of a CRD.

/** What is there now, by uid. */
export function whatWorks(api: Api): Promise<ReadonlySet<string>> {
    return until("the API server lists what works", async () => {
        const lists = await Promise.all(kinds.map(([group, kind]) => api.list(`${group}/${kind}`)));
        return new Set(lists.flat().map(({ metadata }) => metadata.uid ?? ""));
    });
}

/** Has everything deleted that has come since. Their claims go with them, and the pods that would try to fill those for ever. */
export async function stopWhatWorks(api: Api, since: ReadonlySet<string>): Promise<void> {
    await until("what a suite left is deleted", async () => {
        for (const [group, kind] of kinds) {
            const left = (await api.list(`${group}/${kind}`)).filter(({ metadata }) => !since.has(metadata.uid ?? ""));
            for (const { metadata } of left) {
                await api.remove(`${group}/namespaces/${metadata.namespace ?? ""}/${kind}/${metadata.name}`);
            }
        }
        return true;
    });
}
