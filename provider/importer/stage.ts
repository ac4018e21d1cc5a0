// Brings one image to a partial file: verified, grown to its size, durable. Nothing is left where that fails.
import { dirname } from "node:path";
import type { Clock } from "../model/clock.js";
import { formatChecksum } from "../model/digest.js";
import { isBootsourceError, throwIfCancelled } from "../model/errors.js";
import type { Imported, ImportRequest, Layout, Limits, Progress, SourceOptions } from "./contract.js";
import { Journal, journalKey, type Reached } from "./journal.js";
import { InPassing } from "./in-passing.js";
import { openImage, type OpenImage } from "./open-image.js";
import { checkVirtualSize, limitsOf, spared } from "./limits.js";
import { checksumOf } from "./published-checksum.js";
import { removeLeftover, resumable, takeOver, type ResumableSource } from "./resume.js";
import { checkSpace, freeBytes } from "./room.js";
import { openSource } from "./sources/index.js";
import { createRawFile } from "./target/raw-file.js";
import { transfer } from "./transfer.js";

/** How an image is staged. */
export interface StageOptions extends Omit<SourceOptions, "clock"> {
    /** What a killed run left of the same image, perhaps; it is used, or removed. May be the path itself. */
    readonly leftover?: string | undefined;
    /** The path is a block device: it is there, has its size, and stays. */
    readonly device?: boolean | undefined;
}

/** Writes the image of a request as a raw disk at exactly `path`, which must not be there yet (mode 0600) unless it is a device. */
export async function stageImage(
    path: string,
    request: ImportRequest,
    { leftover, device = false, ...patience }: StageOptions = {},
): Promise<Imported> {
    const source = resumable(openSource(request.source, { ...patience, clock: request.clock }));
    const doing = `import ${source.name}`;
    throwIfCancelled(request.signal, doing);
    const limits = limitsOf(request);
    let image: OpenImage | undefined;
    try {
        const checksum = await checksumOf(request, { ...patience, clock: request.clock });
        image = await openImage(source, {
            format: request.format,
            room: request.size,
            limits,
            checksum,
            signal: request.signal,
            progress: throttled(request.progress, request.clock),
        });
        // Preallocated zeros come before the data, for which all tables must be known.
        const early = request.preallocate === true ? undefined : writeEarly({ path, leftover }, source.name, limits);
        const layout = await layoutOf(image, early, ({ virtualSize }) => {
            checkVirtualSize(source.name, virtualSize, limits.virtualBytes);
            throwIfCancelled(request.signal, doing);
        });
        return await write({ path, leftover, early, device }, source, image, layout, { ...request, limits, checksum });
    } catch (thrown) {
        // Nobody will go on with what can never work.
        if (leftover !== undefined && isBootsourceError(thrown) && thrown.terminal) await removeLeftover(leftover);
        // Whatever broke because of the cancellation is the cancellation.
        if (!isBootsourceError(thrown) || thrown.code !== "cancelled") throwIfCancelled(request.signal, doing);
        throw thrown;
    } finally {
        await image?.close();
    }
}

/** A disk whose tables lie between its data is written while they are looked for; nothing of it counts before all are checked. */
function writeEarly({ path, leftover }: Pick<Place, "path" | "leftover">, name: string, limits: Limits): InPassing {
    return new InPassing(async (virtualSize) => {
        checkVirtualSize(name, virtualSize, limits.virtualBytes);
        // Only a raw disk can go on with what a killed run left, and this is none.
        if (leftover !== undefined) await removeLeftover(leftover);
        return createRawFile(path, { keepZeros: false, room: spared(await freeBytes(dirname(path))) });
    });
}

async function layoutOf(
    image: OpenImage,
    early: InPassing | undefined,
    check: (layout: Layout) => void,
): Promise<Layout> {
    try {
        const layout = await image.layout(early);
        check(layout);
        return layout;
    } catch (thrown) {
        // The reader first: it may be waiting for a server that says nothing.
        await image.close();
        await early?.target?.abort();
        throw thrown;
    }
}

interface Place {
    readonly path: string;
    readonly leftover: string | undefined;
    readonly early: InPassing | undefined;
    readonly device: boolean;
}

async function write(
    { path, leftover, early, device }: Place,
    source: ResumableSource,
    image: OpenImage,
    layout: Layout,
    request: ImportRequest & { readonly limits: Limits },
): Promise<Imported> {
    const { name } = source;
    const preallocate = request.preallocate === true;
    // Only of a raw disk are the bytes of the source those of the disk, one after the other.
    const isInOrder = image.format.name === "raw" && image.codecs.length === 0 && !device;
    const key = isInOrder ? journalKey(name, image.identity, preallocate) : undefined;
    const begun = early?.target;
    const have = leftover === undefined || begun !== undefined ? 0 : await takeOver(leftover, path, key);
    if (have > 0) source.resume(path, have);
    const journal = key === undefined ? undefined : new Journal(path, key);
    const expected = Math.max(request.size ?? 0, layout.virtualSize ?? 0);
    const free = device ? Infinity : await freeBytes(dirname(path));
    if (begun === undefined) checkSpace(dirname(path), preallocate ? expected : layout.allocated, free);
    const room = layout.virtualSize === undefined ? spared(free) : undefined;
    const reached = journal && { clock: request.clock, tell: (now: Reached) => journal.write(now) };
    const target = begun ?? (await createRawFile(path, { keepZeros: preallocate, room, have, reached, device }));
    try {
        // What the tables leave out must be there before the data; a raw disk leaves out nothing but its end.
        const sparse = layout.allocated !== undefined;
        if (preallocate && sparse) await target.fill(0, expected, request.signal);
        const begunBy = await early?.end();
        const rest = begunBy === undefined ? undefined : image.rest();
        const cutter = rest === undefined ? undefined : begunBy;
        const held = { name, room: request.size, limit: request.limits.streamBytes };
        const virtualSize = await transfer(rest ?? (await image.bytes()), layout, target, held, cutter);
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
        await journal?.remove();
        return {
            format: image.format.name,
            codecs: image.codecs,
            virtualSize,
            size,
            ...verified,
            version: image.identity.version,
            ...(request.checksum === undefined ? {} : { checksum: formatChecksum(request.checksum) }),
        };
    } catch (thrown) {
        // The reader first: it may be waiting for a server that says nothing.
        await image.close();
        await target.abort();
        await journal?.remove();
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
