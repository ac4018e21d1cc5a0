// VHDX images that must be refused, each with the reason and the code that says it.
import { makeDisk } from "./disk.js";
import type { Hostile } from "./hostile-qcow2.js";
import { guids, item, makeVhdx, region, type VhdxParts } from "./vhdx.js";

const mebibyte = 1 << 20;
const full = Buffer.from(makeDisk(2 << 20, { seed: 9 }).map((byte, index) => byte | (index % 251 === 0 ? 1 : 0)));
const changed = (change: (parts: VhdxParts) => unknown): Buffer =>
    makeVhdx(full, { change: (parts) => void change(parts) });
const spoiled = (spoil: (image: Buffer, tableAt: number) => unknown): Buffer => makeVhdx(full, { spoil });

/** Every hostile image of the suite. */
export const hostileVhdx: readonly Hostile[] = [
    {
        reason: "a log that was not replayed: the tables do not say what the disk is",
        code: "unsafe-image",
        image: changed(({ header }) => header.fill(5, 48, 64)),
    },
    {
        reason: "a parent by its flag",
        code: "unsafe-image",
        image: changed(({ metadata }) => metadata.writeUInt32LE(2, 65_540)),
    },
    {
        reason: "a parent by its place",
        code: "unsafe-image",
        image: changed(({ metadata }) => {
            metadata.writeUInt16LE(6, 10);
            item(metadata, 5, "a8d35f2d-b30b-454d-abf7-d3d84834ab0c", 65_600, 20);
        }),
    },
    {
        reason: "a block that is partly in a parent",
        code: "unsafe-image",
        image: spoiled((image, at) => image.writeUInt8(7, at)),
    },
    {
        reason: "a state that there is not",
        code: "corrupt-image",
        image: spoiled((image, at) => image.writeUInt8(5, at)),
    },
    {
        reason: "metadata that nobody here knows",
        code: "unsupported-image",
        image: changed(({ metadata }) => {
            metadata.writeUInt16LE(6, 10);
            item(metadata, 5, "11111111-2222-3333-4444-555555555555", 65_600, 20);
        }),
    },
    {
        reason: "a region that nobody here knows",
        code: "unsupported-image",
        image: changed(({ regions }) => {
            regions.writeUInt32LE(3, 8);
            region(regions, 80, "11111111-2222-3333-4444-555555555555", 8 << 20, mebibyte);
        }),
    },
    {
        reason: "a version to come",
        code: "unsupported-image",
        image: changed(({ header }) => header.writeUInt16LE(2, 66)),
    },
    {
        reason: "a log of a version to come",
        code: "unsupported-image",
        image: changed(({ header }) => header.writeUInt16LE(1, 64)),
    },
    { reason: "no header that is whole", code: "corrupt-image", image: changed(({ header }) => header.write("dead")) },
    {
        reason: "no regions that are whole",
        code: "corrupt-image",
        image: changed(({ regions }) => regions.write("dead")),
    },
    {
        reason: "more regions than fit",
        code: "corrupt-image",
        image: changed(({ regions }) => regions.writeUInt32LE(0xffffffff, 8)),
    },
    {
        reason: "no block table",
        code: "corrupt-image",
        image: changed(({ regions }) => region(regions, 16, guids.metadata, 3 << 20, mebibyte)),
    },
    {
        reason: "a region over the headers",
        code: "corrupt-image",
        image: changed(({ regions }) => region(regions, 16, guids.table, 0, mebibyte)),
    },
    {
        reason: "a region within a mebibyte",
        code: "corrupt-image",
        image: changed(({ regions }) => region(regions, 16, guids.table, (2 << 20) + 4096, mebibyte)),
    },
    {
        reason: "a region far behind the end",
        code: "corrupt-image",
        image: changed(({ regions }) => region(regions, 16, guids.table, 2 ** 40, mebibyte)),
    },
    {
        reason: "a block table over the metadata",
        code: "corrupt-image",
        image: changed(({ regions }) => region(regions, 16, guids.table, 3 << 20, mebibyte)),
    },
    {
        reason: "no metadata where it should be",
        code: "corrupt-image",
        image: changed(({ metadata }) => metadata.write("nothing!")),
    },
    {
        reason: "more metadata than fits",
        code: "corrupt-image",
        image: changed(({ metadata }) => metadata.writeUInt16LE(60_000, 10)),
    },
    {
        reason: "metadata outside its region",
        code: "corrupt-image",
        image: changed(({ metadata }) => item(metadata, 1, guids.size, 0x7fffffff, 8)),
    },
    { reason: "no size", code: "corrupt-image", image: changed(({ metadata }) => metadata.writeUInt16LE(1, 10)) },
    {
        reason: "an absurd disk",
        code: "corrupt-image",
        image: changed(({ metadata }) => metadata.writeBigUInt64LE(1n << 60n, 65_544)),
    },
    {
        reason: "a disk of no bytes",
        code: "empty-source",
        image: changed(({ metadata }) => metadata.writeBigUInt64LE(0n, 65_544)),
    },
    {
        reason: "a disk larger than its blocks",
        code: "corrupt-image",
        image: changed(({ metadata }) => metadata.writeBigUInt64LE(1n << 42n, 65_544)),
    },
    ...[0, 4096, 3 << 20, 2 ** 31].map((size) => ({
        reason: `blocks of ${size} bytes`,
        code: "corrupt-image" as const,
        image: changed(({ metadata }) => metadata.writeUInt32LE(size, 65_536)),
    })),
    {
        reason: "sectors of 1000 bytes",
        code: "corrupt-image",
        image: changed(({ metadata }) => metadata.writeUInt32LE(1000, 65_552)),
    },
    {
        reason: "two blocks in one place: a small file would become a large disk",
        code: "corrupt-image",
        image: spoiled((image, at) => image.copy(image, at, at + 8, at + 16)),
    },
    {
        reason: "a block over the headers",
        code: "corrupt-image",
        image: spoiled((image, at) => image.writeBigUInt64LE(6n, at)),
    },
    {
        reason: "a block far outside the file",
        code: "corrupt-image",
        image: spoiled((image, at) => image.writeBigUInt64LE((1n << 60n) | 6n, at)),
    },
    { reason: "headers that are cut off", code: "truncated", image: spoiled((image) => image.subarray(0, 100_000)) },
    {
        reason: "a block that is cut off",
        code: "truncated",
        image: spoiled((image) => image.subarray(0, image.length - 4096)),
    },
];
