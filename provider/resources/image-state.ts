// What Pulumi keeps of an imported image: its inputs, what became of them, and the token that marks it as ours.
import type { Owner } from "../cluster/ownership.js";
import { BootsourceError } from "../model/errors.js";
import type { DataVolume, PersistentVolumeClaim, Ref } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import type { Data, World } from "./contract.js";
import { imageFactsIn } from "../model/image-facts.js";

/** Conditions without their times: a healthy image looks the same at every refresh. */
interface StateCondition {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
}

/** The outputs beside the inputs. Null stands for "not known": Pulumi's outputs know no undefined. */
export interface ImportedImageState extends Data {
    /** The shape of this record; a newer package reads every older one. */
    stateVersion: 1;
    urn: string;
    token: string;
    cluster: string;
    namespace: string;
    claimName: string;
    phase: string;
    /** Absolute path of the raw disk, in worlds where volumes are files of this machine. */
    path: string | null;
    /** The image's format as found. */
    format: string | null;
    /** The format that the arguments pinned. */
    pinnedFormat: string | null;
    virtualSize: number | null;
    size: number | null;
    /** Of the bytes served; of a registry image, its manifest's. */
    digest: string | null;
    /** Of the index that a registry's reference led to. States of the first version have none. */
    indexDigest?: string | null;
    /** Labels that a registry image's environment asks for. */
    imageLabels?: Readonly<Record<string, string>> | null;
    storageClass: string | null;
    conditions: StateCondition[];
    /** Whether the disk was written to since its import. */
    modified: boolean;
    force?: boolean;
}

/** The names of everything that `check` may hand on: arguments, and what it decides. */
export const inputKeys: ReadonlySet<string> = new Set([
    "source",
    "storage",
    "pvc",
    "contentType",
    "checksum",
    "format",
    "preallocation",
    "timeoutSeconds",
    "wait",
    "name",
    "namespace",
    "labels",
    "annotations",
    "cloneableFrom",
    "adopt",
    "force",
    "claimName",
    "cluster",
    "fileDigest",
]);

/** Reads what is now true. */
export async function toState(
    inputs: Data,
    seen: { volume: DataVolume; owner: Owner; cluster: string; world: World },
): Promise<ImportedImageState> {
    const { namespace, name } = seen.volume.metadata;
    const at: Ref = { namespace, name };
    const claim = await seen.world.cluster.get("PersistentVolumeClaim", at);
    const disk = await seen.world.cluster.volume(at);
    const image = imageFactsIn(claim?.metadata);
    return {
        ...inputs,
        stateVersion: 1,
        urn: seen.owner.urn,
        token: seen.owner.token,
        cluster: seen.cluster,
        namespace: namespace ?? "default",
        claimName: name,
        phase: seen.volume.status?.phase ?? "",
        path: disk?.path ?? null,
        format: image?.format ?? null,
        pinnedFormat: typeof inputs["format"] === "string" ? inputs["format"] : null,
        virtualSize: image?.virtualSize ?? null,
        size: disk?.size ?? image?.size ?? sizeOf(seen.volume, claim) ?? null,
        digest: image?.digest || null,
        ...(image?.container === undefined
            ? {}
            : { indexDigest: image.container.indexDigest ?? null, imageLabels: image.container.labels ?? null }),
        storageClass: claim?.spec.storageClassName ?? null,
        conditions: (seen.volume.status?.conditions ?? []).map(({ type, status, reason, message }) => ({
            type,
            status,
            reason,
            message,
        })),
        modified: disk?.state === "written",
    };
}

/** What CDI made the disk as large as: the size asked for, beside which it claims room for the file system; else the claim's. */
function sizeOf({ spec }: DataVolume, claim: PersistentVolumeClaim | undefined): number | undefined {
    const size = spec.storage?.resources?.requests?.storage ?? claim?.status?.capacity?.storage;
    return size === undefined ? undefined : parseQuantity(size);
}

/** The error for a state that speaks of another world than the one configured; `what` is "the claim default/fedora". */
export function wrongCluster(what: string, expected: string, here: string): BootsourceError {
    return new BootsourceError(
        "wrong-cluster",
        `cannot refresh ${what}: it was imported into another store than ${here}; set bootsource:store back, or run an update ` +
            "to import it here",
        { facts: { expected } },
    );
}
