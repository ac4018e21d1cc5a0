// The records of a pax header: "length key=value", each ended by a line break that the length counts.
import { damaged } from "./header.js";

/** Records by key, the ones that we use; an empty value takes back what was said for all entries before. */
export type PaxRecords = Map<string, string>;

/** Takes the records of one header apart. */
export function parsePax(bytes: Uint8Array, name: string): PaxRecords {
    const records: PaxRecords = new Map();
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < all.length;) {
        const space = all.indexOf(0x20, at);
        const digits = all.toString("latin1", at, Math.min(space < 0 ? all.length : space, at + 10));
        const length = /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : 0;
        const end = at + length;
        const equals = all.indexOf(0x3d, space);
        if (end > all.length || space < 0 || equals < 0 || equals >= end || all[end - 1] !== 0x0a) {
            throw damaged(name, "a pax record is none");
        }
        const key = all.toString("utf8", space + 1, equals);
        if (used.test(key)) records.set(key, all.toString("utf8", equals + 1, end - 1));
        at = end;
    }
    return records;
}

const used = /^(?:path|linkpath|size|mtime|uid|gid|GNU\.sparse\.(?:major|minor|name|realsize|size|map|numblocks))$/;
