// Whether an import is the version that it is named after, where the platform's importer took whatever its server held by then.
import { readAccess } from "../cluster/access.js";
import { refOf } from "../cluster/boot-imports.js";
import type { DataImportCron } from "../model/objects.js";
import type { BootImport, Wanted } from "../rules/boot-imports.js";
import { cronAnnotations } from "../rules/cron-names.js";
import type { CronWorld } from "./contract.js";

/** On a DataVolume: the version that its source still held when its import had ended. */
const confirmedAnnotation = "pulumi-bootsource/confirmed";

/**
 * Asks the source once more when an import has ended that no checksum held to its version; what is another version by then is
 * removed, and why is answered. Undefined where all is well. Throws where the source cannot be asked.
 */
export async function confirmVersion(
    cron: DataImportCron,
    { volume, claim }: BootImport,
    { digest }: Wanted,
    { cluster, confirm, signal }: CronWorld,
): Promise<string | undefined> {
    if (confirm === undefined || volume === undefined || claim === undefined) return undefined;
    if (!digest.startsWith("version:") || volume.metadata.annotations?.[confirmedAnnotation] !== undefined)
        return undefined;
    const { source } = cron.spec.template.spec;
    const { http, s3, gcs } = volume.spec.source;
    // A copy of what was confirmed before.
    if ((http ?? s3 ?? gcs) === undefined) return undefined;
    const access = await readAccess({ metadata: cron.metadata, spec: cron.spec.template.spec }, cluster);
    const now = await confirm(source, access, signal);
    const at = refOf(volume.metadata);
    if (now.digest === digest) {
        await cluster.update("DataVolume", at, ({ metadata }) => {
            metadata.annotations = { ...metadata.annotations, [confirmedAnnotation]: digest };
        });
        return undefined;
    }
    await cluster.delete("DataVolume", at, { uid: volume.metadata.uid });
    // Due at once: whoever asks next finds the one that took its place.
    await cluster.update("DataImportCron", refOf(cron.metadata), ({ metadata }) => {
        const {
            [cronAnnotations.lastCronTime]: _last,
            [cronAnnotations.nextCronTime]: _next,
            ...rest
        } = metadata.annotations ?? {};
        metadata.annotations = rest;
    });
    return (
        `cannot import ${volume.metadata.name}: the image at the source was replaced before its import had ended; ask again: ` +
        "preview, or wait for the next time that it is polled"
    );
}
