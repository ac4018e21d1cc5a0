// What the status is told from: each kind of a world's objects, read once; what may not be seen is told, and the rest read on.
import type { Cluster } from "../cluster/contract.js";
import type { Query } from "../cluster/query.js";
import { type BootsourceError, isBootsourceError } from "../model/errors.js";
import type { HyperConverged, Kind, Objects } from "../model/objects.js";
import type { BootObjects } from "../rules/boot-status.js";
import type { ClassObjects } from "../rules/class-status.js";
import { keptCronLabels } from "../rules/cron-names.js";
import type { PlaceObjects, Unseen } from "../rules/place-status.js";
import { hyperConvergedNamespaces, hyperConvergedRef, systemNamespaces } from "../rules/system-list.js";
import { disksOf } from "./status-disks.js";

/** Reads all that has to do with boot sources; `everywhere` where it is about all namespaces of a cluster. */
export async function readBootObjects(
    cluster: Cluster,
    list: Lister = (kind, query) => cluster.list(kind, query),
    everywhere = false,
): Promise<BootObjects> {
    const [crons, dataSources, volumes] = await Promise.all([
        list("DataImportCron"),
        list("DataSource"),
        list("DataVolume"),
    ]);
    const places = placesOf(dataSources, [...crons, ...dataSources]);
    const within = async <K extends Kind>(kind: K): Promise<Objects[K][]> => {
        if (!everywhere || places.length > fewNamespaces) return list(kind);
        return (await Promise.all(places.map((namespace) => list(kind, { namespace })))).flat();
    };
    const [claims, snapshots] = await Promise.all([within("PersistentVolumeClaim"), within("VolumeSnapshot")]);
    const disks = await disksOf({ dataSources, claims, snapshots }, cluster);
    return { crons, dataSources, volumes, claims, snapshots, disks };
}

/** Reads all that has to do with storage classes. */
export async function readClasses(
    cluster: Cluster,
    list: Lister = (kind, query) => cluster.list(kind, query),
): Promise<ClassObjects> {
    const [classes, profiles, snapshotClasses] = await Promise.all([
        list("StorageClass"),
        list("StorageProfile"),
        list("VolumeSnapshotClass"),
    ]);
    return { classes, profiles, snapshotClasses, oneMachine: cluster.capabilities.localVolumes };
}

/** Reads both, and the platform's list. */
export async function readPlace(cluster: Cluster, everywhere: boolean): Promise<PlaceObjects> {
    const seen = new Eyes(cluster, everywhere);
    const list: Lister = (kind, query) => seen.list(kind, query);
    const [boot, classes, hyperConverged] = await Promise.all([
        readBootObjects(cluster, list, everywhere),
        readClasses(cluster, list),
        seen.hyperConverged(),
        // A cluster keeps the crons there that it does not poll itself.
        ...(cluster.capabilities.localVolumes ? [] : [seen.list("ConfigMap", { labels: keptCronLabels })]),
    ]);
    const { unseen } = seen;
    const profiles = unseen.some(({ kind }) => kind === "StorageProfile") ? undefined : classes.profiles;
    return { ...boot, ...classes, profiles, hyperConverged, unseen };
}

type Lister = <K extends Kind>(kind: K, query?: Query) => Promise<Objects[K][]>;

/** Claims of a cluster are the disks of all its machines: up to so many namespaces with boot sources are asked one by one. */
const fewNamespaces = 10;

function placesOf(dataSources: readonly Objects["DataSource"][], all: readonly { metadata: { namespace?: string } }[]) {
    const pointed = dataSources.flatMap(({ spec: { source } }) => [source.pvc?.namespace, source.snapshot?.namespace]);
    const found = [...all.map(({ metadata }) => metadata.namespace), ...pointed];
    return [...new Set(found.filter((namespace) => namespace !== undefined))].sort();
}

/** Lists as far as rights reach, and notes where they end. */
class Eyes {
    readonly #cluster: Cluster;
    readonly #everywhere: boolean;
    readonly #unseen = new Map<Kind, Omit<Unseen, "kind">>();

    constructor(cluster: Cluster, everywhere: boolean) {
        this.#cluster = cluster;
        this.#everywhere = everywhere;
    }

    get unseen(): Unseen[] {
        return [...this.#unseen]
            .map(([kind, why]) => ({ kind, ...why }))
            .sort((left, right) => left.kind.localeCompare(right.kind));
    }

    async list<K extends Kind>(kind: K, query: Query = {}): Promise<Objects[K][]> {
        try {
            const found = await this.#cluster.list(kind, query);
            if (found.length === 0 && (await this.#cluster.serves?.(kind)) === false) {
                const reason = `${this.#cluster.name} has no such objects: what brings them is not installed`;
                this.#unseen.set(kind, { only: [], reason });
            }
            return found;
        } catch (thrown) {
            if (!isForbidden(thrown)) throw thrown;
            if (!this.#everywhere || query.namespace !== undefined) {
                this.#unseen.set(kind, { only: [], reason: thrown.message });
                return [];
            }
            return this.#nearby(kind, query, thrown);
        }
    }

    /** The object has one name, and is looked for where the platforms have it. */
    async hyperConverged(): Promise<HyperConverged | undefined> {
        let refused: BootsourceError | undefined;
        for (const namespace of hyperConvergedNamespaces) {
            try {
                const found = await this.#cluster.get("HyperConverged", { ...hyperConvergedRef, namespace });
                if (found !== undefined) return found;
            } catch (thrown) {
                if (!isForbidden(thrown)) throw thrown;
                refused ??= thrown;
            }
        }
        if (refused !== undefined) this.#unseen.set("HyperConverged", { only: [], reason: refused.message });
        return undefined;
    }

    /** Who may not look everywhere may look into their own namespace, and everybody into the platform's. */
    async #nearby<K extends Kind>(kind: K, query: Query, refused: BootsourceError): Promise<Objects[K][]> {
        const namespaces = [...new Set([this.#cluster.namespace, ...systemNamespaces])];
        const seen: string[] = [];
        const found = await Promise.all(
            namespaces.map(async (namespace) => {
                try {
                    const there = await this.#cluster.list(kind, { ...query, namespace });
                    seen.push(namespace);
                    return there;
                } catch (thrown) {
                    if (!isForbidden(thrown)) throw thrown;
                    return [];
                }
            }),
        );
        this.#unseen.set(kind, { only: seen.sort(), reason: refused.message });
        return found.flat();
    }
}

function isForbidden(thrown: unknown): thrown is BootsourceError {
    return isBootsourceError(thrown) && thrown.code === "forbidden";
}
