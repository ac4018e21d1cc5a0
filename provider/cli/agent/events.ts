// What happens in a store, as events: told by comparing each object with how it was seen last.
import type { Cluster } from "../../cluster/contract.js";
import type { Change } from "../../cluster/query.js";
import { imageFactsIn } from "../../model/image-facts.js";
import type { Clock } from "../../model/clock.js";
import type { DataImportCron, DataSource, DataVolume, Metadata, Objects, Ref } from "../../model/objects.js";
import { copyOfAnnotation } from "../../cluster/boot-imports.js";
import { cronAnnotations, cronLabels } from "../../rules/cron-names.js";
import { type AgentEvent, importPhase, ofCron } from "./cron-events.js";

/** Kinds whose changes are events. */
export const toldKinds = [
    "DataImportCron",
    "DataVolume",
    "DataSource",
    "PersistentVolumeClaim",
    "VolumeSnapshot",
] as const satisfies (keyof Objects)[];

/** More than a store has imports. */
const digestsKept = 20_000;

/** One of them. */
export type ToldKind = (typeof toldKinds)[number];

/** Remembers objects as they were seen last. */
export class EventReader {
    readonly #cluster: Cluster;
    readonly #clock: Clock;
    readonly #seen = new Map<string, Objects[ToldKind]>();
    /** Digests of imports by "namespace/name": a removed claim is told of after its DataVolume. */
    readonly #digests = new Map<string, string>();
    /** When imports were seen to begin, by uid. */
    readonly #begun = new Map<string, number>();

    private constructor(cluster: Cluster, clock: Clock) {
        this.#cluster = cluster;
        this.#clock = clock;
    }

    /** A reader for which all that is there now is nothing new. */
    static async over(cluster: Cluster, clock: Clock): Promise<EventReader> {
        const reader = new EventReader(cluster, clock);
        for (const kind of toldKinds) {
            for (const object of await cluster.list(kind)) {
                reader.#seen.set(object.metadata.uid, object);
                if (kind === "DataVolume") reader.#noteDigest(object);
            }
        }
        return reader;
    }

    /** What a change means; nothing for what was seen already. */
    async read<K extends ToldKind>(kind: K, { type, object }: Change<Objects[K]>): Promise<AgentEvent[]> {
        const { uid, resourceVersion } = object.metadata;
        const before = this.#seen.get(uid) as Objects[K] | undefined;
        if (type === "deleted") {
            this.#seen.delete(uid);
            this.#begun.delete(uid);
            return this.#removed(kind, object);
        }
        if (before?.metadata.resourceVersion === resourceVersion) return [];
        this.#seen.set(uid, object);
        switch (kind) {
            case "DataImportCron":
                return ofCron(before as DataImportCron | undefined, object as DataImportCron);
            case "DataVolume":
                return this.#ofVolume(before as DataVolume | undefined, object as DataVolume);
            case "DataSource":
                return this.#ofSource(before as DataSource | undefined, object as DataSource);
            default:
                return [];
        }
    }

    async #ofVolume(before: DataVolume | undefined, volume: DataVolume): Promise<AgentEvent[]> {
        const { metadata } = volume;
        this.#noteDigest(volume);
        const what = importPhase(before, volume);
        if (what === undefined) return [];
        if (what.event === "import-begun") this.#begun.set(metadata.uid, this.#clock.now());
        const of = { ...(await this.#belongs(metadata)), ...digestOf(metadata) };
        if (what.event !== "import-finished") return [{ ...what, ...of }];
        const claim = await this.#cluster.get("PersistentVolumeClaim", metadata);
        const copied = metadata.annotations?.[copyOfAnnotation] !== undefined;
        const bytes = copied ? 0 : imageFactsIn(claim?.metadata ?? {})?.sourceSize;
        const began = this.#begun.get(metadata.uid) ?? Date.parse(metadata.creationTimestamp);
        this.#begun.delete(metadata.uid);
        const seconds = Math.max(0, Math.round((this.#clock.now() - began) / 100) / 10);
        return [{ ...what, ...of, ...(bytes === undefined ? {} : { bytes }), seconds }];
    }

    #noteDigest({ metadata }: { readonly metadata: Metadata }): void {
        const { digest } = digestOf(metadata);
        if (digest === undefined) return;
        // The newest last; of those that are gone long since nobody asks any more.
        this.#digests.delete(keyOf(metadata));
        this.#digests.set(keyOf(metadata), digest);
        const [oldest] = this.#digests.keys();
        if (this.#digests.size > digestsKept && oldest !== undefined) this.#digests.delete(oldest);
    }

    async #ofSource(before: DataSource | undefined, { metadata, spec }: DataSource): Promise<AgentEvent[]> {
        const at = spec.source.pvc ?? spec.source.snapshot;
        if (at === undefined || JSON.stringify(before?.spec.source) === JSON.stringify(spec.source)) return [];
        const bootSource = keyOf(metadata);
        return [{ level: "info", event: "repointed", bootSource, image: keyOf(at), ...(await this.#digestOf(at)) }];
    }

    /** The version that an image is of: noted on whichever of its forms was made for the cron. */
    async #digestOf(at: Ref): Promise<{ digest?: string }> {
        for (const kind of ["DataVolume", "VolumeSnapshot", "PersistentVolumeClaim"] as const) {
            const noted = digestOf((await this.#cluster.get(kind, at))?.metadata ?? {});
            if (noted.digest !== undefined) return noted;
        }
        return {};
    }

    async #removed(kind: ToldKind, object: Objects[ToldKind]): Promise<AgentEvent[]> {
        const { metadata, status } = object as Objects["PersistentVolumeClaim"] | Objects["VolumeSnapshot"];
        const isImage = kind === "PersistentVolumeClaim" || kind === "VolumeSnapshot";
        // What never had a disk was no image; what is of no boot source was removed by whoever made it.
        if (!isImage || status?.disk === undefined || metadata.labels?.[cronLabels.cron] === undefined) return [];
        const { bootSource } = await this.#belongs(metadata);
        const form = kind === "VolumeSnapshot" ? "snapshot" : "pvc";
        const image = keyOf(metadata);
        // Its DataVolume goes with it, or went before it.
        const digest = digestOf(metadata).digest ?? this.#digests.get(image);
        return [{ level: "info", event: "image-removed", bootSource, image, form, ...(digest && { digest }) }];
    }

    /** The boot source of an import, by its cron; the import's own name where it is of none. */
    async #belongs(metadata: Metadata): Promise<{ bootSource?: string; image: string }> {
        const cron = metadata.labels?.[cronLabels.cron];
        const image = keyOf(metadata);
        if (cron === undefined) return { image };
        const found = await this.#cluster.get("DataImportCron", { namespace: metadata.namespace, name: cron });
        return found === undefined
            ? { image }
            : {
                  bootSource: keyOf({ namespace: metadata.namespace ?? "default", name: found.spec.managedDataSource }),
                  image,
              };
    }
}

function digestOf({ annotations }: Pick<Metadata, "annotations">): { digest?: string } {
    const digest = annotations?.[cronAnnotations.digest];
    return digest === undefined ? {} : { digest };
}

function keyOf({ namespace = "default", name }: { readonly namespace?: string; readonly name: string }): string {
    return `${namespace}/${name}`;
}
