// A disk that no cron manages, where CDI would carry out the new one: what CDI would do with it, and how it is told to leave it.
import { landingFor } from "../cluster/landing.js";
import { type BootSourceSpec, pinOf, updateModeOf } from "../model/boot-source.js";
import type { DataImportCron } from "../model/objects.js";
import { type placesOf, toCronSpec } from "../rules/boot-source-objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { importName } from "../rules/cron-names.js";
import type { Live } from "./boot-source-adopt.js";
import { requireDigest } from "./boot-source-digest.js";
import type { World } from "./contract.js";

/** Why CDI would replace the disk that is there, if it would: by an image that it finds, or by another form of this one. */
export async function whyCdiWouldMove(
    spec: BootSourceSpec,
    places: ReturnType<typeof placesOf>,
    { cron, disk, digest }: Live,
    world: World,
): Promise<string | undefined> {
    const { platformCrons } = world.cluster.capabilities;
    if (cron !== undefined || disk === undefined || !isPlatformsCron(spec.source, platformCrons)) return undefined;
    const asked = { spec: toCronSpec(spec, places, (path) => world.upstream.resolvePath(path)) };
    const { storageClass, format } = await landingFor(asked, world.cluster);
    const form = disk.kind === "VolumeSnapshot" ? "snapshot" : "pvc";
    if (storageClass !== undefined && format !== form) {
        return `it is a ${disk.kind}, and CDI keeps boot sources of the storage class ${storageClass} as ${format}, and this one not`;
    }
    if (updateModeOf(spec) !== "scheduled") return undefined;
    const isNewest = async (): Promise<boolean> =>
        world.preview || digest === (await requireDigest({ spec, places }, world));
    if (digest?.startsWith("uid:") !== true && (await isNewest())) return undefined;
    return (
        "no DataImportCron manages it, and CDI imports the newest image as soon as one with a schedule does; set updates: " +
        '"reviewed", or pin to the digest of what the disk holds'
    );
}

/** The digest that an adopted disk stands for: whoever pins says what a disk holds that nothing else is known of. */
export function digestAdopted(spec: BootSourceSpec, known: string | undefined): string | undefined {
    const pinned = spec.pin ?? pinOf(spec.source);
    return pinned !== undefined && known?.startsWith("uid:") === true ? pinned : known;
}

/**
 * What a new cron has to say of its images: CDI finds those again that it has named, by their digest. One that was adopted has
 * another name, and would be imported once more.
 */
export function importsToKeepAs(
    { managedDataSource }: Pick<DataImportCron["spec"], "managedDataSource">,
    { DataVolumeName, Digest }: { readonly DataVolumeName: string; readonly Digest: string },
): Pick<DataImportCron, "status"> {
    if (DataVolumeName === importName(managedDataSource, Digest)) return {};
    return { status: { currentImports: [{ DataVolumeName, Digest }] } };
}
