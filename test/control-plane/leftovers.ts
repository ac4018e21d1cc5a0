// What a suite leaves at work on a cluster that others use after it: crons and imports, which every later change would move again.
import type { Api } from "./api.js";

const cdi = "/apis/cdi.kubevirt.io/v1beta1";
/** Crons first: they would bring back what goes before them. */
const kinds = ["dataimportcrons", "datavolumes"];

/** What is there now, by uid. */
export async function whatWorks(api: Api): Promise<ReadonlySet<string>> {
    const lists = await Promise.all(kinds.map((kind) => api.list(`${cdi}/${kind}`)));
    return new Set(lists.flat().map(({ metadata }) => metadata.uid ?? ""));
}

/** Has everything deleted that has come since. Their claims go with them, and the pods that would try to fill those for ever. */
export async function stopWhatWorks(api: Api, since: ReadonlySet<string>): Promise<void> {
    for (const kind of kinds) {
        const left = (await api.list(`${cdi}/${kind}`)).filter(({ metadata }) => !since.has(metadata.uid ?? ""));
        for (const { metadata } of left) {
            await api.remove(`${cdi}/namespaces/${metadata.namespace ?? ""}/${kind}/${metadata.name}`);
        }
    }
}
