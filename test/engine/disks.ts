// Disks with known contents, and the files in which they are served.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

/** A raw disk of so many bytes: noise that depends on the seed, with a hole in the middle. */
export function rawDisk(seed: string, size = 3 << 20): Uint8Array {
    const disk = new Uint8Array(size);
    for (const start of [0, size - (256 << 10)]) {
        for (let offset = start; offset < Math.min(start + (256 << 10), size); offset += 32) {
            disk.set(createHash("sha256").update(`${seed} ${offset}`).digest(), offset);
        }
    }
    return disk;
}

/** The same disk, grown with zeros to a size. */
export function grown(disk: Uint8Array, size: number): Uint8Array {
    const larger = new Uint8Array(size);
    larger.set(disk);
    return larger;
}

export function gzipped(disk: Uint8Array): Uint8Array {
    return gzipSync(disk);
}

export function sha256(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}
