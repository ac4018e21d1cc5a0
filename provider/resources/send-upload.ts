// An upload to a cluster: waits until CDI is ready for it, sends the file, and shows how far it is. A store reads files itself.
import { describeRef, waitFor } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import { describeSource } from "../model/image-source.js";
import { type ImportedImageSpec, checksumOf } from "../model/imported-image.js";
import type { DataVolume, DataVolumeSource, Ref } from "../model/objects.js";
import { awaitImport, describeProgress, reasonOf } from "./await-import.js";
import type { World } from "./contract.js";
import { startStallTimer } from "./stall.js";

/** The source as a cluster is given it: whose disks lie elsewhere has no use for a path of this machine. */
export function asSent(source: DataVolumeSource, { cluster }: World): DataVolumeSource {
    return source.upload === undefined || cluster.upload === undefined ? source : { upload: {} };
}

/** Whether this process has to send the bytes. */
export function isSent({ source }: ImportedImageSpec, { cluster }: World): boolean {
    return describeSource(source).kind === "upload" && cluster.upload !== undefined;
}

/** Ends once the file was received; what CDI makes of it is waited for until it is a disk, unless `wait` says otherwise. */
export async function sendUpload(
    spec: ImportedImageSpec,
    at: Ref,
    patience: number,
    world: World,
): Promise<DataVolume> {
    const ready = await awaitImport(at, patience, world, isReadyForBytes);
    if (ready.status?.phase === "Succeeded") return ready;
    const { restarts, ended } = await send(spec, at, patience, world);
    if (ended !== undefined) return ended;
    if (spec.wait === "accepted") return ready;
    // CDI's server ends, and is started again, where it cannot make a disk of what it took in the background.
    const after = await awaitImport(at, patience, world, (volume) => restartsOf(volume) > restarts);
    if (after.status?.phase === "Succeeded") return after;
    throw new BootsourceError(
        "unsupported-image",
        `cannot upload ${pathOf(spec, world)} to ${describeRef(at)}: CDI took it, and could make no disk of it: ` +
            `${reasonOf(after) ?? "its upload server was restarted"}; correct the image or the size, and run the update again`,
    );
}

/** Sends the file; `ended` is the volume where its disk was ready before that was done: an earlier run had sent it whole, or CDI is quick. */
async function send(
    spec: ImportedImageSpec,
    at: Ref,
    patience: number,
    world: World,
): Promise<{ restarts: number; ended: DataVolume | undefined }> {
    const path = pathOf(spec, world);
    const stall = startStallTimer(`upload ${path} to ${describeRef(at)}`, patience, world);
    const over = new AbortController();
    const signal = AbortSignal.any([stall.signal, over.signal]);
    let restarts = 0;
    const readyBefore = waitFor(
        world.cluster,
        "DataVolume",
        at,
        (volume) => {
            if (volume === undefined) throw gone(at, world);
            restarts = restartsOf(volume);
            return volume.status?.phase === "Succeeded" ? volume : undefined;
        },
        signal,
    );
    // It is the loser of the race in most cases, and its end then is nobody's.
    readyBefore.catch(() => undefined);
    const { clock } = world;
    let started = { at: clock.now(), bytes: 0 };
    const sending = world.cluster.upload?.(at, {
        path,
        checksum: checksumOf(spec),
        signal,
        sent(bytes, total) {
            // It begins anew after a cut.
            if (bytes < started.bytes) started = { at: clock.now(), bytes: 0 };
            const seconds = (clock.now() - started.at) / 1000;
            stall.saw(bytes);
            world.progress(describeProgress(bytes, total, seconds > 0 ? bytes / seconds : 0, "sent"));
        },
        waits(reason) {
            stall.saw(reason, reason);
            world.progress(reason);
        },
    });
    try {
        const ended = await Promise.race([sending?.then(() => undefined), readyBefore]);
        return { restarts, ended };
    } finally {
        over.abort();
        stall.stop();
        await sending?.catch(() => undefined);
    }
}

function isReadyForBytes({ status }: DataVolume): boolean {
    return status?.phase === "UploadReady";
}

function restartsOf({ status }: DataVolume): number {
    return status?.restartCount ?? 0;
}

function pathOf({ source }: ImportedImageSpec, { upstream }: World): string {
    return upstream.resolvePath(describeSource(source).details?.path ?? "");
}

function gone(at: Ref, { cluster }: World): BootsourceError {
    return new BootsourceError(
        "gone",
        `cannot finish the upload to ${describeRef(at)}: somebody deleted it from ${cluster.name} meanwhile; run the update again`,
    );
}
