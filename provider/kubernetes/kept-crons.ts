// DataImportCrons that CDI refuses, because it does not poll such sources: each is kept as a ConfigMap of its name, and says the same.
import type { Cluster } from "../cluster/contract.js";
import type { Change, Query } from "../cluster/query.js";
import { isSame } from "../model/canonical.js";
import type { ConfigMap, DataImportCron, New, Ref } from "../model/objects.js";
import { keptCronLabels } from "../rules/cron-names.js";

/** The crons that are kept in a cluster's ConfigMaps. Uids, versions and times are those of the ConfigMaps. */
export class KeptCrons {
    readonly #cluster: Cluster;
    /** Those that this process has seen, by "namespace/name". */
    readonly #known = new Map<string, string>();

    constructor(cluster: Cluster) {
        this.#cluster = cluster;
    }

    /** Whether an object of that uid is one of them that was seen here. */
    isOne(uid: string): boolean {
        return [...this.#known.values()].includes(uid);
    }

    /** As it is now; `shared` where what a list said a moment ago is good enough. */
    async get(at: Ref, { shared = false }: { shared?: boolean } = {}): Promise<DataImportCron | undefined> {
        const { namespace = this.#cluster.namespace, name } = at;
        if (shared || !this.#known.has(`${namespace}/${name}`)) {
            // Most names are those of crons that CDI keeps: one list answers for all of them.
            const listed = (await this.list({ namespace })).find(({ metadata }) => metadata.name === name);
            if (listed === undefined || shared) return listed;
        }
        const map = await this.#cluster.get("ConfigMap", { namespace, name });
        if (map !== undefined && isKept(map)) return this.#toCron(map);
        this.#known.delete(`${namespace}/${name}`);
        return undefined;
    }

    async list({ labels, ...query }: Query = {}): Promise<DataImportCron[]> {
        const maps = await this.#cluster.list("ConfigMap", { ...query, labels: { ...labels, ...keptCronLabels } });
        return maps.map((map) => this.#toCron(map));
    }

    async create({ metadata, spec }: New<"DataImportCron">): Promise<DataImportCron> {
        const made = await this.#cluster.create("ConfigMap", {
            metadata: { ...metadata, labels: { ...metadata.labels, ...keptCronLabels } },
            data: { spec: JSON.stringify(spec), generation: "1" },
        });
        return this.#toCron(made);
    }

    async update(at: Ref, change: (cron: DataImportCron) => void): Promise<DataImportCron> {
        const map = await this.#cluster.update("ConfigMap", at, (found) => {
            const cron = toCron(found);
            const before = structuredClone(cron);
            change(cron);
            writeTo(found, cron, before);
        });
        return this.#toCron(map);
    }

    async delete(at: Ref, only: { uid: string; resourceVersion?: string } | undefined): Promise<void> {
        if (only === undefined && (await this.get(at)) === undefined) return;
        await this.#cluster.delete("ConfigMap", at, only);
    }

    /** What happens to one of them, to all of a namespace, or to all there are. */
    async *watch(at: Partial<Ref> | undefined, signal: AbortSignal): AsyncGenerator<Change<DataImportCron>> {
        for await (const { type, object } of this.#cluster.watch("ConfigMap", signal, at)) {
            if (isKept(object)) yield { type, object: toCron(object) };
        }
    }

    #toCron(map: ConfigMap): DataImportCron {
        const { namespace = this.#cluster.namespace, name, uid } = map.metadata;
        this.#known.set(`${namespace}/${name}`, uid);
        return toCron(map);
    }
}

function isKept({ metadata }: ConfigMap): boolean {
    return Object.entries(keptCronLabels).every(([label, value]) => metadata.labels?.[label] === value);
}

function toCron({ metadata, data = {} }: ConfigMap): DataImportCron {
    const own = Object.entries(metadata.labels ?? {}).filter(([label]) => !(label in keptCronLabels));
    const { spec = "{}", status, generation = "1" } = data;
    return {
        metadata: { ...metadata, generation: Number(generation), labels: Object.fromEntries(own) },
        spec: JSON.parse(spec) as DataImportCron["spec"],
        ...(status === undefined ? {} : { status: JSON.parse(status) as NonNullable<DataImportCron["status"]> }),
    };
}

/** What did not change stays as it is, in the order that the server gave it: then nothing is written. */
function writeTo(map: ConfigMap, cron: DataImportCron, before: DataImportCron): void {
    const { labels = {}, annotations } = cron.metadata;
    if (!isSame(labels, before.metadata.labels ?? {})) map.metadata.labels = { ...labels, ...keptCronLabels };
    if (!isSame(annotations ?? {}, before.metadata.annotations ?? {}) && annotations !== undefined)
        map.metadata.annotations = annotations;
    const data = { ...map.data };
    if (!isSame(cron.spec, before.spec)) {
        data["spec"] = JSON.stringify(cron.spec);
        data["generation"] = String(before.metadata.generation + 1);
    }
    if (cron.status !== undefined && !isSame(cron.status, before.status)) data["status"] = JSON.stringify(cron.status);
    if (!isSame(data, map.data)) map.data = data;
}
