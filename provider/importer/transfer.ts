// The one sequential pass: cuts the stream into the pieces that the layout names, and hands them to the target in buffers.
import { BootsourceError } from "../model/errors.js";
import type { Bytes, Layout, Target } from "./contract.js";
import { Cutter } from "./cutter.js";
import { piecesOf } from "./feed.js";
import { endless } from "./limits.js";
import { outgrown } from "./room.js";

/**
 * Streams an image into a target. Resolves with the bytes of the guest disk that the image holds. With a cutter, what it has
 * passed already is done, and the bytes are what follows.
 */
export async function transfer(
    bytes: Bytes,
    layout: Layout,
    target: Target,
    image: { readonly name: string; readonly room: number | undefined; readonly limit: number },
    cutter: Cutter = new Cutter(piecesOf(layout.pieces), target),
): Promise<number> {
    for await (const chunk of bytes) {
        const position = cutter.position + chunk.length;
        if (layout.virtualSize === undefined) {
            if (image.room !== undefined && position > image.room) throw outgrown(image.name, image.room);
            if (position > image.limit) throw endless(image.name, "its source", image.limit);
        }
        await cutter.take(chunk);
    }
    const missing = await cutter.finish();
    const { position } = cutter;
    if (missing !== undefined) {
        throw new BootsourceError(
            "truncated",
            `cannot import ${image.name}: it ended after ${position} bytes, before the data of guest offset ` +
                `${missing.guestOffset}; fetch or make the image again`,
            { facts: { size: position, guestOffset: missing.guestOffset } },
        );
    }
    return layout.virtualSize ?? position;
}
