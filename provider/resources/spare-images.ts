// Images that a platform would delete with a cron (retentionPolicy None, HCO's default since 1.18) are taken out of that before the cron goes.
import { importsOf, refOf } from "../cluster/boot-imports.js";
import type { Cluster } from "../cluster/contract.js";
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron, Kind, Metadata, Ref } from "../model/objects.js";
import { describeBytes, parseQuantity } from "../model/quantity.js";
import { cronLabels } from "../rules/cron-names.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import type { World } from "./contract.js";

/** One image of a cron: a claim or a snapshot, and what it holds. */
export interface BootImage {
    readonly kind: "PersistentVolumeClaim" | "VolumeSnapshot";
    readonly at: Ref;
    /** Bytes of the disk; 0 where nobody tells. */
    readonly size: number;
}

/** The images that a cron brought in. */
export async function imagesOf(cron: Pick<DataImportCron, "metadata">, cluster: Cluster): Promise<BootImage[]> {
    const images = (await importsOf(cron, cluster)).flatMap(({ claim, snapshot }): BootImage[] => {
        if (snapshot !== undefined) {
            const size = sizeOf(snapshot.status?.restoreSize);
            return [{ kind: "VolumeSnapshot", at: refOf(snapshot.metadata), size }];
        }
        const size = sizeOf(claim?.status?.capacity?.storage ?? claim?.spec.resources?.requests?.storage);
        return claim === undefined ? [] : [{ kind: "PersistentVolumeClaim", at: refOf(claim.metadata), size }];
    });
    return images;
}

/** They have to stay out of it for so many looks, so many milliseconds apart; after so many tries nobody goes on. */
const looks = { still: 3, milliseconds: 300, most: 40 } as const;

/** On what was taken out: the cron that it is of, until that is gone. */
const sparedLabel = "pulumi-bootsource/spared-from";

/**
 * Takes the labels off by which an image is deleted with its cron, and looks whether they stay off. The cron's own label has to go
 * too for that while: a change of a DataVolume that has it makes CDI look, and write both anew. Throws `refused` with what is at
 * stake where somebody puts them back: then nothing was switched yet.
 */
export async function spareImages(crons: readonly DataImportCron[], world: World): Promise<void> {
    const { cluster, clock } = world;
    const endangered = crons.filter(({ spec }) => spec.retentionPolicy === "None");
    const byPlatform = endangered.filter(({ spec }) =>
        isPlatformsCron(spec.template.spec.source, cluster.capabilities.platformCrons),
    );
    for (const { metadata } of endangered.filter((cron) => !byPlatform.includes(cron))) {
        // Ours says so of its images at every look, and its spec may change.
        await cluster.update("DataImportCron", refOf(metadata), (current) => {
            current.spec.retentionPolicy = "All";
        });
    }
    for (const cron of byPlatform) {
        const bytes = (await imagesOf(cron, cluster)).reduce((sum, { size }) => sum + size, 0);
        for (let look = 0, still = 0; still < looks.still; look++) {
            const found = await labelled(cron.metadata, { [cronLabels.cleanup]: "true" }, cluster);
            if (found.length > 0 && look >= looks.most) throw notSpared(cron, bytes, found[0]?.at);
            still = found.length === 0 ? still + 1 : 0;
            await Promise.all(found.map((one) => takeOut(one, cron.metadata.name, cluster)));
            await clock.sleep(looks.milliseconds, world.signal);
        }
    }
}

/** Once the crons are gone, or there anew: what was taken out says again whose it is, so that it is taken up, and cleaned up. */
export async function takeBackSpared(
    crons: readonly DataImportCron[],
    { cluster }: Pick<World, "cluster">,
): Promise<void> {
    for (const { metadata } of crons) {
        const labels = { [sparedLabel]: metadata.name };
        for (const kind of kinds) {
            for (const { metadata: one } of await cluster.list(kind, { namespace: metadata.namespace ?? "", labels })) {
                await cluster.update(kind, refOf(one), (current: { metadata: Metadata }) => {
                    const { [sparedLabel]: of, ...others } = current.metadata.labels ?? {};
                    if (of === undefined) return;
                    current.metadata.labels = { [cronLabels.cron]: of, ...others };
                });
            }
        }
    }
}

/** What is deleted on purpose: everything that the crons brought in, and nothing that somebody has in use is asked for. */
export async function deleteImages(
    crons: readonly DataImportCron[],
    { cluster }: Pick<World, "cluster">,
): Promise<void> {
    for (const { metadata } of crons) {
        const query = { namespace: metadata.namespace ?? "default", labels: { [cronLabels.cron]: metadata.name } };
        for (const kind of ["VolumeSnapshot", "DataVolume", "PersistentVolumeClaim"] as const) {
            for (const { metadata: one } of await cluster.list(kind, query)) {
                await cluster.delete(kind, refOf(one), { uid: one.uid });
            }
        }
    }
}

/** A DataSource has the label too: it holds no bytes, and comes again. */
const kinds = ["DataVolume", "VolumeSnapshot", "PersistentVolumeClaim"] as const satisfies Kind[];

interface Labelled {
    readonly kind: (typeof kinds)[number];
    readonly at: Ref;
}

async function takeOut({ kind, at }: Labelled, cron: string, cluster: Cluster): Promise<void> {
    await cluster.update(kind, at, (current: { metadata: Metadata }) => {
        const { [cronLabels.cleanup]: _with, [cronLabels.cron]: _of, ...labels } = current.metadata.labels ?? {};
        current.metadata.labels = { ...labels, [sparedLabel]: cron };
    });
}

async function labelled(
    { namespace = "default", name }: Metadata,
    more: Readonly<Record<string, string>>,
    cluster: Cluster,
): Promise<Labelled[]> {
    const labels = { [cronLabels.cron]: name, ...more };
    const found = await Promise.all(
        kinds.map(async (kind) =>
            (await cluster.list(kind, { namespace, labels })).map(({ metadata }) => ({ kind, at: refOf(metadata) })),
        ),
    );
    return found.flat();
}

function notSpared({ metadata }: DataImportCron, bytes: number, at: Ref | undefined): BootsourceError {
    return new BootsourceError(
        "refused",
        `cannot keep the images of ${describeRef(refOf(metadata))} (${describeBytes(bytes)}): somebody writes the label ` +
            `${cronLabels.cleanup} back to ${describeRef(at ?? { name: "" })}, and the platform deletes with the cron whatever ` +
            'carries it; nothing was switched. Set images: "delete" to let them go',
    );
}

function sizeOf(quantity: string | undefined): number {
    return quantity === undefined ? 0 : parseQuantity(quantity);
}
