// Writes an empty qcow2 overlay (QEMU, docs/interop/qcow2.txt): a disk that reads its raw backing file, and keeps what is written.
import { open, rm } from "node:fs/promises";
import { BootsourceError } from "../../model/errors.js";
import { fileSystemError } from "../file-system-error.js";

/** An overlay. */
export interface Overlay {
    /** Absolute path of the raw disk behind it. */
    readonly backing: string;
    /** Virtual size in bytes: at least the backing file's; what lies behind its end reads as zeros. */
    readonly size: number;
}

/** Writes it as a new file (mode 0600), durable; nothing is left where that fails. */
export async function writeOverlay(path: string, overlay: Overlay): Promise<void> {
    const bytes = overlayBytes(overlay);
    try {
        const file = await open(path, "wx", 0o600);
        try {
            await file.writeFile(bytes);
            await file.sync();
        } finally {
            await file.close();
        }
    } catch (thrown) {
        await rm(path, { force: true });
        throw fileSystemError(thrown, `write ${path}`);
    }
}

const clusterBits = 16;
const clusterSize = 2 ** clusterBits;
/** Bytes that one table of clusters covers. */
const perTable = (clusterSize / 8) * clusterSize;
const headerLength = 104;
/** The longest name of a backing file. */
const longest = 1023;
/** 64 TiB: what an importer takes at most, and so few tables that their counts fit into one cluster. */
const largest = 2 ** 46;
/** The header extension that names the backing file's format: unnamed, it would be probed, and a guest could write a header. */
const formatExtension = 0xe2792aca;

/** The overlay's bytes: header, counts of references, and a table that names no cluster. */
function overlayBytes({ backing, size }: Overlay): Buffer {
    const name = Buffer.from(backing);
    if (name.length > longest) {
        throw new BootsourceError(
            "invalid-argument",
            `cannot make a disk that is built on ${backing}: its path is longer than ${longest} bytes; make a full clone`,
        );
    }
    const virtualSize = Math.ceil(size / 512) * 512;
    if (virtualSize > largest) {
        throw new BootsourceError("too-large", `cannot make a disk of ${size} bytes: 64 TiB is the most`);
    }
    const entries = Math.ceil(virtualSize / perTable);
    const tableClusters = Math.max(1, Math.ceil((entries * 8) / clusterSize));
    // One cluster each: header, table of counts, counts; then the table of tables.
    const [countTable, counts, table] = [1, 2, 3];
    const bytes = Buffer.alloc((table + tableClusters) * clusterSize);
    bytes.write("QFI\xfb", 0, "latin1");
    bytes.writeUInt32BE(3, 4);
    const format = Buffer.from("raw");
    const nameAt = headerLength + 16 + 8;
    bytes.writeBigUInt64BE(BigInt(nameAt), 8);
    bytes.writeUInt32BE(name.length, 16);
    bytes.writeUInt32BE(clusterBits, 20);
    bytes.writeBigUInt64BE(BigInt(virtualSize), 24);
    bytes.writeUInt32BE(entries, 36);
    bytes.writeBigUInt64BE(BigInt(table * clusterSize), 40);
    bytes.writeBigUInt64BE(BigInt(countTable * clusterSize), 48);
    bytes.writeUInt32BE(1, 56);
    // Counts have 2^4 bits.
    bytes.writeUInt32BE(4, 96);
    bytes.writeUInt32BE(headerLength, 100);
    bytes.writeUInt32BE(formatExtension, headerLength);
    bytes.writeUInt32BE(format.length, headerLength + 4);
    format.copy(bytes, headerLength + 8);
    // Extensions are padded to 8 bytes, and end with one of type and length 0.
    name.copy(bytes, nameAt);
    bytes.writeBigUInt64BE(BigInt(counts * clusterSize), countTable * clusterSize);
    for (let cluster = 0; cluster < table + tableClusters; cluster += 1) {
        bytes.writeUInt16BE(1, counts * clusterSize + 2 * cluster);
    }
    return bytes;
}
