// The one disk file of a containerdisk, streamed straight out of its layers: the uppermost layer wins, and nothing is stored.
import { BootsourceError, throwIfCancelled } from "../../../model/errors.js";
import type { Bytes } from "../../contract.js";
import type { TarEntry } from "../../tar/read-tar.js";
import { Coverage, diskDirectory, imagePath } from "./coverage.js";
import { readLayer, type Beginnings } from "./layer.js";
import { refused } from "./manifest.js";
import type { Descriptor, ImageStore } from "./store.js";

/** A disk file that has been found. Its bytes end only where it was the only one, and all of it proven. */
export interface FoundDisk {
    readonly size: number;
    readonly bytes: Bytes;
}

/** What else was seen on the way, for the sentence that says why there is no disk. */
interface Sights {
    /** Names at the root of the image. */
    readonly top: Set<string>;
    /** Links below the disk directory, or in its place, and what they lead to. */
    readonly links: Map<string, string>;
    /** A file at the root that was meant to be the disk. */
    misplaced: string | undefined;
}

const maxListed = 12;

/** Reads the layers (given from the lowest to the uppermost) until the disk file begins. */
export async function findDisk(
    store: ImageStore,
    layers: readonly Descriptor[],
    beginnings: Beginnings,
    signal: AbortSignal,
): Promise<FoundDisk> {
    const sights: Sights = { top: new Set(), links: new Map(), misplaced: undefined };
    const files = diskFiles(store, layers, beginnings, sights, signal);
    const first = await files.next();
    if (first.done === true) throw none(store.name, sights);
    const { path, size, sparse } = first.value;
    if (sparse) {
        await files.return();
        throw refused(store.name, `/${path} is stored sparse in its layer; pack the layer without --sparse`);
    }
    return { size, bytes: readDisk(store.name, first.value, files, signal) };
}

async function* readDisk(
    name: string,
    disk: TarEntry,
    files: AsyncGenerator<TarEntry, void, undefined>,
    signal: AbortSignal,
): Bytes {
    try {
        for await (const chunk of disk.bytes) {
            yield chunk;
            // All that remains may have arrived already: the connection would not notice.
            throwIfCancelled(signal, `read ${name}`);
        }
        // On to the end of the last layer: only then it is proven, and the only one.
        const all = [disk.path];
        for (let next = await files.next(); next.done !== true; next = await files.next()) {
            if (all.length < maxListed) all.push(next.value.path);
        }
        if (all.length > 1) {
            const listed = all.map((path) => `/${imagePath(path)}`).join(", ");
            throw refused(name, `more than one file lies below /disk (${listed}); leave one of them there`);
        }
    } finally {
        await files.return();
    }
}

/** The regular files below the disk directory that the layers above do not hide. */
async function* diskFiles(
    store: ImageStore,
    layers: readonly Descriptor[],
    beginnings: Beginnings,
    sights: Sights,
    signal: AbortSignal,
): AsyncGenerator<TarEntry, void, undefined> {
    const coverage = new Coverage(store.name);
    for (const layer of layers.toReversed()) {
        for await (const entry of readLayer(store, layer, beginnings, signal)) {
            const path = imagePath(entry.path);
            if (!coverage.note(path, entry.type) || path === "" || coverage.hides(path)) continue;
            look(sights, path, entry);
            if (entry.type === "file" && path.startsWith(`${diskDirectory}/`)) yield entry;
        }
        coverage.endLayer();
        if (coverage.complete) return;
    }
}

function look(sights: Sights, path: string, { type, linkPath }: TarEntry): void {
    const [top = ""] = path.split("/");
    if (sights.top.size < maxListed) sights.top.add(top);
    if (top === path && type === "file" && /^disk|\.(?:img|raw|qcow2|iso)$/.test(path)) sights.misplaced ??= path;
    const link = type === "link" || type === "symlink";
    if (link && top === diskDirectory && sights.links.size < maxListed) sights.links.set(path, linkPath);
}

function none(name: string, { top, links, misplaced }: Sights): BootsourceError {
    const why = "Failed to find VM disk image file in the container image";
    const [link] = links;
    if (link !== undefined) {
        return refused(name, `${why}: /${link[0]} is a link to ${link[1]}; put the file itself below /disk`);
    }
    if (misplaced !== undefined) {
        return refused(name, `${why}: /${misplaced} lies at the root of the image; put it below /disk`);
    }
    const there = top.size === 0 ? "the image is empty" : `at its root are ${[...top].join(", ")}`;
    return new BootsourceError(
        "not-an-image",
        `cannot import ${name}: ${why}: nothing lies below /disk, ${there}; put the disk file there ` +
            "(FROM scratch, then ADD --chown=107:107 disk.img /disk/)",
    );
}
