// What is noted on a VolumeSnapshot of the disks that are built on its image: it must stay as long as one of them is there.
import type { Metadata } from "./metadata.js";

/** Where a VolumeSnapshot keeps its thin clones, as a JSON list of `ThinClone`. */
export const thinClonesAnnotation = "pulumi-bootsource/clones";

/** A disk whose backing file is the snapshot's image. It is known by place and inode: what is moved or replaced is another file. */
export interface ThinClone {
    /** Absolute. */
    readonly path: string;
    /** Decimal digits. */
    readonly inode: string;
    /** Where the file lies before it has its final name; it counts from then on, so that nothing is removed under it. */
    readonly staged?: string;
}

/** Reads `thinClonesAnnotation`; what a hand has spoiled is no list of clones. */
export function thinClonesIn({ annotations }: Pick<Metadata, "annotations">): ThinClone[] {
    const text = annotations?.[thinClonesAnnotation];
    if (text === undefined) return [];
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) ? (found as ThinClone[]) : [];
}
