// The benchmark's disk in other formats and compressions, each made once by the programs that users have.
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { seededRandom } from "../images/disk.js";
import { once, rawDisk } from "./images.js";

/** The disk by qemu-img, with these options of `convert`; the name tells one image from another. */
export function converted(qemuImg: string, mebibytes: number, name: string, options: readonly string[]): string {
    const raw = rawDisk(mebibytes);
    return once(`disk-${mebibytes}.${name}`, (path) => {
        execFileSync(qemuImg, ["convert", "-f", "raw", ...options, raw, path]);
    });
}

/** The raw disk through a program that compresses its standard input. */
export function compressed(program: string, mebibytes: number, name: string, options: readonly string[]): string {
    const raw = rawDisk(mebibytes);
    return once(`disk-${mebibytes}.raw.${name}`, (path) => {
        const [input, output] = [openSync(raw, "r"), openSync(path, "w")];
        try {
            execFileSync(program, [...options, "-c"], { stdio: [input, output, "inherit"] });
        } finally {
            closeSync(input);
            closeSync(output);
        }
    });
}

const cluster = 65_536;

/**
 * The disk as a qcow2 whose clusters lie in no order, as on the disk of a machine that has long been in use; tables in front,
 * and an empty table of reference counts, without which qemu-img opens no image.
 */
export function shuffledQcow2(mebibytes: number): string {
    const raw = rawDisk(mebibytes);
    return once(`disk-${mebibytes}.shuffled.qcow2`, (path) => {
        const [input, output] = [openSync(raw, "r"), openSync(path, "w")];
        const clusters = mebibytes * 16;
        const tables = Math.ceil(clusters / (cluster / 8));
        const random = seededRandom(mebibytes);
        const order = Array.from({ length: clusters }, (_, index) => index);
        for (let at = clusters - 1; at > 0; at -= 1) {
            const other = random() % (at + 1);
            [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
        }
        // Header, reference counts, L1; then the L2 tables, then data.
        const l1 = Buffer.alloc(cluster);
        const l2 = Buffer.alloc(tables * cluster);
        for (let table = 0; table < tables; table += 1) {
            l1.writeBigUInt64BE(BigInt((3 + table) * cluster) | (1n << 63n), 8 * table);
        }
        let next = (3 + tables) * cluster;
        const bytes = Buffer.alloc(cluster);
        for (const index of order) {
            readSync(input, bytes, 0, cluster, index * cluster);
            if (bytes.every((byte) => byte === 0)) continue;
            writeSync(output, bytes, 0, cluster, next);
            l2.writeBigUInt64BE(BigInt(next) | (1n << 63n), 8 * index);
            next += cluster;
        }
        const header = Buffer.alloc(cluster);
        header.write("QFI\xfb", 0, "latin1");
        header.writeUInt32BE(2, 4);
        header.writeUInt32BE(16, 20);
        header.writeBigUInt64BE(BigInt(mebibytes) << 20n, 24);
        header.writeUInt32BE(tables, 36);
        header.writeBigUInt64BE(BigInt(2 * cluster), 40);
        header.writeBigUInt64BE(BigInt(cluster), 48);
        header.writeUInt32BE(1, 56);
        writeSync(output, Buffer.concat([header, Buffer.alloc(cluster), l1, l2]), 0, (3 + tables) * cluster, 0);
        closeSync(input);
        closeSync(output);
    });
}

/** A disk of 64 GiB with 64 KiB of data in each 16 MiB; raw and sparse. */
export function wideDisk(): string {
    return once("wide-64g.raw", (path) => {
        const random = seededRandom(64);
        const file = openSync(path, "w");
        const data = Buffer.alloc(65_536);
        for (let at = 0; at < 64 * 2 ** 30; at += 16 * 2 ** 20) {
            for (let word = 0; word < data.length; word += 4) data.writeUInt32LE(random() >>> 8, word);
            writeSync(file, data, 0, data.length, at);
        }
        ftruncateSync(file, 64 * 2 ** 30);
        closeSync(file);
    });
}

/** That disk as a compressed qcow2. */
export function wideQcow2(qemuImg: string): string {
    const raw = wideDisk();
    return once("wide-64g.qcow2", (path) => {
        execFileSync(qemuImg, ["convert", "-c", "-f", "raw", "-O", "qcow2", raw, path]);
    });
}
