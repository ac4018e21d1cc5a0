// Says no before the first byte is written: to a disk larger than the room asked for, or than the file system has.
import { statfs } from "node:fs/promises";
import { BootsourceError } from "../model/errors.js";
import { describeBytes, formatQuantity } from "../model/quantity.js";

/** Throws `too-large` where a disk of so many bytes does not fit into the room asked for. */
export function checkRoom(name: string, virtualSize: number, room: number | undefined): void {
    if (room === undefined || virtualSize <= room) return;
    throw tooLarge(name, formatQuantity(virtualSize), room, { virtualSize, size: room });
}

/** The error for a stream that turns out larger than the room while it is read; how large is not known. */
export function outgrown(name: string, room: number): BootsourceError {
    return tooLarge(name, `more than ${formatQuantity(room)}`, room, { size: room });
}

/** Free bytes in the file system of a directory; infinitely many where it does not say: such a one is asked by writing. */
export async function freeBytes(directory: string): Promise<number> {
    return statfs(directory).then(
        // Some file systems of programs (FUSE) have no blocks at all, and room all the same.
        ({ bavail, bsize, blocks }) => (blocks === 0 ? Infinity : bavail * bsize),
        () => Infinity,
    );
}

/** Throws `no-space` where a directory has fewer free bytes than the disk will take. */
export function checkSpace(directory: string, needed: number | undefined, free: number): void {
    if (needed === undefined || needed <= free) return;
    throw new BootsourceError(
        "no-space",
        `cannot write the disk in ${directory}: it takes ${describeBytes(needed)} and ${describeBytes(free)} are free; ` +
            "free some room or choose another place",
        { facts: { needed, free } },
    );
}

function tooLarge(name: string, image: string, room: number, facts: Readonly<Record<string, number>>): BootsourceError {
    return new BootsourceError(
        "too-large",
        `cannot import ${name}: its virtual size is ${image}, the size asked for only ${formatQuantity(room)}; ` +
            "ask for a size that holds it",
        { facts },
    );
}
