// The metadata of a VHDX: how large its disk, its blocks and its sectors are, and whether it has a parent.
import type { RandomAccess } from "../../contract.js";
import { remake, type Extent, type Refuse } from "../refusal.js";
import { guidAt } from "./guid.js";

/** Bytes of the table at the beginning of the region; what it names lies behind it. */
const tableBytes = 64 * 1024;
const maxItems = 2047;

const items = {
    "caa16737-fa36-4d43-b3b6-33f0aa44e76b": { name: "parameters", bytes: 8 },
    "2fa54224-cd1b-4876-b211-5dbed83bf4b8": { name: "size", bytes: 8 },
    "8141bf1d-a96f-4709-ba47-f233a8faab5f": { name: "sector", bytes: 4 },
    "cda348c7-445d-4471-9cc9-e9885251c556": { name: "physical sector", bytes: 4 },
    "beca12ab-b2e6-4523-93ef-c309e000c746": { name: "id", bytes: 16 },
    "a8d35f2d-b30b-454d-abf7-d3d84834ab0c": { name: "parent", bytes: 0 },
} as const;

/** What the block table needs to know. */
export interface VhdxDisk {
    readonly virtualSize: number;
    readonly blockSize: number;
    readonly sectorSize: number;
}

/** Reads and checks the metadata; throws where the image must not be imported. */
export async function readMetadata(input: RandomAccess, region: Extent, refuse: Refuse): Promise<VhdxDisk> {
    const bytes = await input.read(region.offset, tableBytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < tableBytes) throw refuse("truncated", "its metadata is cut off", remake);
    if (String.fromCharCode(...bytes.subarray(0, 8)) !== "metadata") {
        throw refuse("corrupt-image", "there is no metadata where it should be", remake);
    }
    const count = view.getUint16(10, true);
    if (count > maxItems) throw refuse("corrupt-image", `its metadata has ${count} items`, remake);
    const found = new Map<string, DataView>();
    for (let index = 0; index < count; index += 1) {
        const at = 32 + 32 * index;
        const guid = guidAt(view, at);
        const item = Object.hasOwn(items, guid) ? items[guid as keyof typeof items] : undefined;
        // Whoever does not know what is required must not open the disk.
        if (item === undefined && (view.getUint32(at + 24, true) & 4) === 4) {
            throw refuse(
                "unsupported-image",
                `it needs the metadata ${guid}`,
                'convert it with "qemu-img convert -O qcow2"',
            );
        }
        if (item === undefined) continue;
        if (item.name === "parent") throw differencing(refuse);
        const [offset, length] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true)];
        if (length < item.bytes || offset < tableBytes || offset + length > region.length) {
            throw refuse("corrupt-image", `its ${item.name} lies outside its metadata`, remake);
        }
        const value = await input.read(region.offset + offset, item.bytes);
        if (value.length < item.bytes) throw refuse("truncated", "its metadata is cut off", remake);
        found.set(item.name, new DataView(value.buffer, value.byteOffset, value.byteLength));
    }
    return toDisk(found, refuse);
}

function toDisk(found: ReadonlyMap<string, DataView>, refuse: Refuse): VhdxDisk {
    const must = (name: string): DataView => {
        const value = found.get(name);
        if (value === undefined) throw refuse("corrupt-image", `its metadata does not say its ${name}`, remake);
        return value;
    };
    const [parameters, size, sector] = [must("parameters"), must("size"), must("sector")];
    if ((parameters.getUint32(4, true) & 2) === 2) throw differencing(refuse);
    const [blockSize, sectorSize] = [parameters.getUint32(0, true), sector.getUint32(0, true)];
    if (blockSize < 2 ** 20 || blockSize > 2 ** 28 || (blockSize & (blockSize - 1)) !== 0) {
        throw refuse("corrupt-image", `its blocks have ${blockSize} bytes`, remake);
    }
    if (sectorSize !== 512 && sectorSize !== 4096)
        throw refuse("corrupt-image", `its sectors have ${sectorSize} bytes`, remake);
    const virtualSize = size.getBigUint64(0, true);
    if (virtualSize > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw refuse("corrupt-image", "its virtual size is absurd (more than 8 PiB)", remake);
    }
    if (virtualSize === 0n) {
        throw refuse("empty-source", "its disk has no bytes", "check that it was made whole, or ask for a blank disk");
    }
    return { virtualSize: Number(virtualSize), blockSize, sectorSize };
}

function differencing(refuse: Refuse) {
    return refuse(
        "unsafe-image",
        "it holds only what differs from its parent",
        "merge the two, and publish the result",
    );
}
