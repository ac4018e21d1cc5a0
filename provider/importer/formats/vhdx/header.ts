// The first mebibyte of a VHDX: which of two headers counts, whether its log is empty, and where table and metadata lie.
import type { RandomAccess } from "../../contract.js";
import { crc32c } from "../crc32c.js";
import { checkInside, remake, type Extent, type Refuse } from "../refusal.js";
import { guidAt } from "./guid.js";

/** Places of the two headers and of the two region tables (MS-VHDX 2.2). */
const [headers, regionTables] = [
    [64 * 1024, 128 * 1024],
    [192 * 1024, 256 * 1024],
];
const [headerBytes, regionTableBytes] = [4096, 64 * 1024];
const firstRegion = 2 ** 20;
const maxRegions = 2047;
const known = {
    "2dc27766-f623-4200-9d64-115e9bfd4a08": "its block table",
    "8b7ca206-4790-4b9a-b8fe-575f050f886e": "its metadata",
} as const;

/** Where everything is that is no data. */
export interface VhdxPlaces {
    readonly blockTable: Extent;
    readonly metadata: Extent;
    /** The block table is left out. */
    readonly extents: readonly Extent[];
}

/** Reads and checks headers and region tables; throws where the image must not be imported. */
export async function readVhdxHeader(input: RandomAccess, refuse: Refuse): Promise<VhdxPlaces> {
    const log = readLog(await currentHeader(input, refuse), refuse);
    const regions = await readRegions(input, refuse);
    const find = (what: string): Extent => {
        const found = regions.filter((region) => region.what === what);
        if (found[0] !== undefined && found.length === 1) return found[0];
        throw refuse("corrupt-image", `it has ${found.length} places for ${what}, and one is right`, remake);
    };
    const [blockTable, metadata] = [find("its block table"), find("its metadata")];
    const first = { what: "its headers", offset: 0, length: firstRegion };
    return { blockTable, metadata, extents: [first, metadata, ...(log === undefined ? [] : [log])] };
}

/** The header with the higher number counts, of those whose checksum is right: a writer that was killed leaves the other whole. */
async function currentHeader(input: RandomAccess, refuse: Refuse): Promise<DataView> {
    let best: DataView | undefined;
    for (const at of headers) {
        const bytes = await input.read(at, headerBytes);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        if (bytes.length < headerBytes) throw refuse("truncated", "its header is cut off", remake);
        if (!isWhole(bytes, "head")) continue;
        if (best === undefined || view.getBigUint64(8, true) > best.getBigUint64(8, true)) best = view;
    }
    if (best === undefined) throw refuse("corrupt-image", "neither of its two headers is whole", remake);
    const [version, logVersion] = [best.getUint16(66, true), best.getUint16(64, true)];
    if (version === 1 && logVersion === 0) return best;
    throw refuse(
        "unsupported-image",
        `it is VHDX version ${version}.${logVersion}`,
        'convert it with "qemu-img convert -O qcow2"',
    );
}

/** A log with a name holds writes that are not in their places yet; the disk is not what the tables say before they are. */
function readLog(header: DataView, refuse: Refuse): Extent | undefined {
    const isNamed = [0, 4, 8, 12].some((part) => header.getUint32(48 + part) !== 0);
    if (isNamed) {
        throw refuse(
            "unsafe-image",
            "its log holds writes that were not carried out: it was copied while a machine ran, or that was killed",
            "shut the machine down, or open the disk once where it was made, and copy it again",
        );
    }
    const [length, offset] = [header.getUint32(68, true), Number(header.getBigUint64(72, true))];
    return length === 0 ? undefined : { what: "its log", offset, length };
}

async function readRegions(input: RandomAccess, refuse: Refuse): Promise<Extent[]> {
    for (const at of regionTables) {
        const bytes = await input.read(at, regionTableBytes);
        if (bytes.length < regionTableBytes) throw refuse("truncated", "its region table is cut off", remake);
        if (isWhole(bytes, "regi")) return regionsIn(bytes, input, refuse);
    }
    throw refuse("corrupt-image", "neither of its two region tables is whole", remake);
}

function regionsIn(bytes: Uint8Array, input: RandomAccess, refuse: Refuse): Extent[] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = view.getUint32(8, true);
    if (count > maxRegions) throw refuse("corrupt-image", `its region table has ${count} entries`, remake);
    return Array.from({ length: count }, (_, index) => {
        const at = 16 + 32 * index;
        const guid = guidAt(view, at);
        const what = Object.hasOwn(known, guid) ? known[guid as keyof typeof known] : undefined;
        if (what === undefined && (view.getUint32(at + 28, true) & 1) === 1) {
            throw refuse(
                "unsupported-image",
                `it needs the region ${guid}`,
                'convert it with "qemu-img convert -O qcow2"',
            );
        }
        const offset = view.getBigUint64(at + 16, true);
        const length = view.getUint32(at + 24, true);
        if (offset % BigInt(firstRegion) !== 0n || offset < firstRegion || offset > 2n ** 52n) {
            throw refuse(
                "corrupt-image",
                `${what ?? "a region"} does not begin at a mebibyte behind its headers`,
                remake,
            );
        }
        const region = { what: what ?? `the region ${guid}`, offset: Number(offset), length };
        checkInside(region, { fileSize: input.size, virtualSize: 0 }, refuse);
        return region;
    });
}

/** The signature is right, and the checksum of all with nothing in its own place. */
function isWhole(bytes: Uint8Array, signature: string): boolean {
    if (String.fromCharCode(...bytes.subarray(0, 4)) !== signature) return false;
    const said = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
    return crc32c(Uint8Array.from(bytes).fill(0, 4, 8)) === said;
}
