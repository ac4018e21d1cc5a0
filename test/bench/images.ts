// The images of the benchmark: the same bytes on every machine, kept in the cache because making them takes a minute.
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../images/disk.js";

const mebibyte = 2 ** 20;

/** Where images are kept: `$XDG_CACHE_HOME/pulumi-bootsource/bench`, else below `~/.cache`. */
export const imageDirectory = join(
    process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "pulumi-bootsource",
    "bench",
);

/**
 * A raw disk like an operating system's: three fifths of it hold data in long stretches, of which a part compresses to a third
 * (text, programs) and a part hardly (what is compressed already); the rest was never written.
 */
export function rawDisk(mebibytes: number): string {
    return once(`disk-${mebibytes}.raw`, (path) => {
        const random = seededRandom(mebibytes);
        const words = Array.from({ length: 4096 }, () => Buffer.from(random().toString(36) + " "));
        const file = openSync(path, "w");
        for (let at = 0; at < mebibytes; at += 8) {
            const kind = random() % 10;
            if (kind >= 6) continue;
            writeSync(file, kind < 4 ? text(words, random) : noise(random), 0, 8 * mebibyte, at * mebibyte);
        }
        ftruncateSync(file, mebibytes * mebibyte);
        closeSync(file);
    });
}

/** The same disk as a compressed qcow2 of qemu-img. */
export function qcow2Disk(qemuImg: string, mebibytes: number): string {
    const raw = rawDisk(mebibytes);
    return once(`disk-${mebibytes}.qcow2`, (path) => {
        execFileSync(qemuImg, ["convert", "-c", "-O", "qcow2", raw, path]);
    });
}

/** A layer of a container image with the qcow2 below /disk, as `docker build` compresses it. */
export function containerLayer(qemuImg: string, mebibytes: number): string {
    const image = qcow2Disk(qemuImg, mebibytes);
    return once(`layer-${mebibytes}.tar.gz`, (path) => {
        const options = ["--transform", "s,.*,disk/disk.qcow2,", "--owner=107", "--group=107", "--mtime=@0"];
        execFileSync("tar", [...options, "-czf", path, "-P", image]);
    });
}

function text(words: readonly Buffer[], random: () => number): Buffer {
    const parts: Buffer[] = [];
    for (let length = 0; length < 8 * mebibyte;) {
        const word = words[random() % words.length] ?? Buffer.alloc(1);
        parts.push(word);
        length += word.length;
    }
    return Buffer.concat(parts);
}

function noise(random: () => number): Buffer {
    const numbers = new Uint32Array((8 * mebibyte) / 4);
    let state = random() | 1;
    for (let at = 0; at < numbers.length; at += 1) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        numbers[at] = state;
    }
    return Buffer.from(numbers.buffer);
}

/** The path of an image in the cache; made by whoever asks first. */
export function once(name: string, make: (path: string) => void): string {
    const path = join(imageDirectory, name);
    if (existsSync(path)) return path;
    mkdirSync(imageDirectory, { recursive: true });
    process.stderr.write(`making ${name}\n`);
    make(`${path}.partial`);
    renameSync(`${path}.partial`, path);
    return path;
}
