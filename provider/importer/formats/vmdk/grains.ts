// A compressed grain as it lies in the file: where it goes, how long it is, and then its bytes as zlib wraps them (RFC 1950).
import type { RandomAccess } from "../../contract.js";
import { PieceList } from "../piece-list.js";
import type { VmdkHeader } from "./header.js";

/** Bytes before the compressed ones: the sector of the disk, and the length. */
export const grainHeader = 12;

/** Bytes that a grain takes at most, however badly it compresses: deflate adds five for each block that it gives up on. */
export function mostCompressed(grainBytes: number): number {
    return Math.ceil((grainBytes + (grainBytes >> 7) + 1024) / 512) * 512;
}

/** A list for the pieces of a disk. */
export function pieceList(input: RandomAccess, { grainBytes, virtualSize }: VmdkHeader): PieceList {
    const { name, size: sourceSize } = input;
    return new PieceList({
        name,
        compression: "grain",
        clusterSize: grainBytes,
        virtualSize,
        sourceSize,
        bounded: true,
    });
}

/** Adds a grain that lies before `end`, which is a whole number of sectors. */
export function compressedPieces(
    pieces: PieceList,
    { grain, offset }: { readonly grain: number; readonly offset: number },
    end: number,
    grainBytes: number,
): void {
    pieces.addCompressed(offset, grain * grainBytes, Math.ceil((end - offset) / 512));
}
