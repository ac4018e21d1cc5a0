// Brings one image to a partial file: verified, grown to its size, durable. Nothing is left where that fails.
import { dirname } from "node:path";
import type { Clock } from "../model/clock.js";
import { isBootsourceError, throwIfCancelled } from "../model/errors.js";
import type { Imported, ImportRequest, Layout, Limits, Progress, SourceOptions } from "./contract.js";
import { openImage, type OpenImage } from "./open-image.js";
import { checkVirtualSize, limitsOf, spared } from "./limits.js";
import { checkSpace, freeBytes } from "./room.js";
import { openSource } from "./sources/index.js";
import { createRawFile } from "./target/raw-file.js";
import { transfer } from "./transfer.js";

/** Writes the image of a request as a raw disk at exactly `path`, which must not be there yet (mode 0600). */
export async function stageImage(
    path: string,
    request: ImportRequest,
    patience: Omit<SourceOptions, "clock"> = {},
): Promise<Imported> {
    const source = openSource(request.source, { ...patience, clock: request.clock });
    const doing = `import ${source.name}`;
    throwIfCancelled(request.signal, doing);
    const limits = limitsOf(request);
    let image: OpenImage | undefined;
    try {
        image = await openImage(source, {
            format: request.format,
            room: request.size,
            limits,
            checksum: request.checksum,
            signal: request.signal,
            progress: throttled(request.progress, request.clock),
        });
        const layout = await image.layout();
        checkVirtualSize(source.name, layout.virtualSize, limits.virtualBytes);
        throwIfCancelled(request.signal, doing);
        return await write(path, source.name, image, layout, { ...request, limits });
    } catch (thrown) {
        // Whatever broke because of the cancellation is the cancellation.
        if (!isBootsourceError(thrown) || thrown.code !== "cancelled") throwIfCancelled(request.signal, doing);
        throw thrown;
    } finally {
        await image?.close();
    }
}

async function write(
    path: string,
    name: string,
    image: OpenImage,
    layout: Layout,
    request: ImportRequest & { readonly limits: Limits },
): Promise<Imported> {
    const preallocate = request.preallocate === true;
    const expected = Math.max(request.size ?? 0, layout.virtualSize ?? 0);
    const free = await freeBytes(dirname(path));
    checkSpace(dirname(path), preallocate ? expected : layout.allocated, free);
    const room = layout.virtualSize === undefined ? spared(free) : undefined;
    const target = await createRawFile(path, { keepZeros: preallocate, room });
    try {
        // What the tables leave out must be there before the data; a raw disk leaves out nothing but its end.
        const sparse = layout.allocated !== undefined;
        if (preallocate && sparse) await target.fill(0, expected, request.signal);
        const virtualSize = await transfer(await image.bytes(), layout, target, {
            name,
            room: request.size,
            limit: request.limits.streamBytes,
        });
        const verified = image.verify();
        const size = Math.max(request.size ?? 0, virtualSize);
        if (size % sector !== 0) {
            request.warn?.(
                `the disk of ${name} ends within a sector (${size} bytes); ask for a size that is a multiple of 512`,
            );
        }
        if (preallocate && !sparse) await target.fill(virtualSize, size, request.signal);
        throwIfCancelled(request.signal, `import ${name}`);
        await target.finish(size);
        return {
            format: image.format.name,
            codecs: image.codecs,
            virtualSize,
            size,
            ...verified,
            version: image.identity.version,
        };
    } catch (thrown) {
        // The reader first: it may be waiting for a server that says nothing.
        await image.close();
        await target.abort();
        throw thrown;
    }
}

/** Machines read disks in sectors. */
const sector = 512;

const progressEvery = 200;

function throttled(report: ImportRequest["progress"], clock: Clock): ((progress: Progress) => void) | undefined {
    if (report === undefined) return undefined;
    let next = 0;
    return (progress) => {
        const now = clock.now();
        if (now < next && progress.transferred !== progress.total) return;
        next = now + progressEvery;
        report(progress);
    };
}
