// A raw disk or an ISO: the bytes are the disk.
import type { Format, RandomAccess } from "../contract.js";
import { checkRoom } from "../room.js";

/** The raw format: what remains when nothing else matches. */
export const raw: Format = {
    name: "raw",
    match: () => true,
    layout(input: RandomAccess, room: number | undefined) {
        const size = input.size;
        if (size !== undefined) checkRoom(input.name, size, room);
        const length = size ?? Infinity;
        const piece = {
            sourceOffset: 0,
            sourceLength: length,
            guestOffset: 0,
            guestLength: length,
            decodedLength: length,
            encoding: "plain",
        } as const;
        // A raw disk may be mostly zeros, which become holes: how much it will hold is known at its end only.
        return Promise.resolve({ virtualSize: size, pieces: size === 0 ? [] : [piece], allocated: undefined });
    },
};

/** Whether the bytes of a raw disk are an ISO 9660 file system (ECMA-119: its first descriptor lies at 32 KiB). */
export function isIso(head: Uint8Array): boolean {
    return String.fromCharCode(...head.subarray(0x8001, 0x8006)) === "CD001";
}
