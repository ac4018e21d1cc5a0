// Writes a small compressed qcow2 (version 3) whose first cluster alone has content: the quickstart's image.
"use strict";
const zlib = require("node:zlib");

const CLUSTER_BITS = 12;
const CLUSTER = 1 << CLUSTER_BITS;
const COMPRESSED = 1n << 62n;
const COPIED = 1n << 63n;
const SECTORS_AT = BigInt(62 - (CLUSTER_BITS - 8)); // where a compressed entry keeps its number of further sectors

/** The qcow2 file of a disk that starts with `start` (at most a cluster) and is empty after that, up to `virtualSize`. */
function qcow2(start, virtualSize) {
    const content = Buffer.concat([start], CLUSTER);
    const deflated = zlib.deflateRawSync(content, { level: 9, windowBits: 12 });
    // The file: header, refcount table, refcount block, L1 table, one L2 table, then the deflated cluster.
    const [refcountTable, refcountBlock, l1, l2, data] = [1, 2, 3, 4, 5].map((n) => n * CLUSTER);
    const l1Entries = Math.ceil(virtualSize / (CLUSTER * (CLUSTER / 8)));
    const sectors = BigInt(Math.floor((deflated.length - 1) / 512));
    const file = Buffer.alloc(data + CLUSTER);
    writeHeader(file, { virtualSize, l1Entries, l1, refcountTable });
    file.writeBigUInt64BE(BigInt(refcountBlock), refcountTable);
    for (let i = 0; i < file.length / CLUSTER; i++) file.writeUInt16BE(1, refcountBlock + i * 2);
    file.writeBigUInt64BE(BigInt(l2) | COPIED, l1);
    file.writeBigUInt64BE(COMPRESSED | (sectors << SECTORS_AT) | BigInt(data), l2);
    deflated.copy(file, data);
    return file;
}

function writeHeader(file, { virtualSize, l1Entries, l1, refcountTable }) {
    file.write("QFI\xfb", 0, "latin1");
    file.writeUInt32BE(3, 4); // version
    file.writeUInt32BE(CLUSTER_BITS, 20);
    file.writeBigUInt64BE(BigInt(virtualSize), 24);
    file.writeUInt32BE(l1Entries, 36);
    file.writeBigUInt64BE(BigInt(l1), 40);
    file.writeBigUInt64BE(BigInt(refcountTable), 48);
    file.writeUInt32BE(1, 56); // clusters of the refcount table
    file.writeUInt32BE(4, 96); // refcounts of 16 bits
    file.writeUInt32BE(104, 100); // length of this header
}

module.exports = { qcow2 };
