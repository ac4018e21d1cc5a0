// The process that imports for the fuzzer: one wish in, one answer out.
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync } from "node:fs";
import { dirname } from "node:path";
import type { RandomAccess } from "../../provider/importer/contract.js";
import { formats } from "../../provider/importer/formats/index.js";
import { importImage } from "../../provider/importer/import-image.js";
import { systemClock } from "../../provider/model/clock.js";
import { isBootsourceError } from "../../provider/model/errors.js";
import { startProcessorClock } from "../processor-time.js";
import type { Ended, Wish } from "./importing.js";

type Outcome = Pick<Ended, "imported" | "crash" | "outside">;

process.on("message", (wish: Wish) => {
    const spent = startProcessorClock();
    void run(wish).then((outcome) => {
        process.send?.({ ...outcome, milliseconds: spent(), peakBytes: peakBytes() } satisfies Ended);
    });
});

/** What the system's own counter of resources tells is inherited of the process before. */
function peakBytes(): number {
    const status = "/proc/self/status";
    if (!existsSync(status)) return process.memoryUsage.rss();
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))?.[1]) * 1024;
}

async function run({ path, target, size }: Wish): Promise<Outcome> {
    mkdirSync(dirname(target));
    try {
        const { format, codecs } = await importImage(target, {
            source: { kind: "file", path },
            size,
            signal: new AbortController().signal,
            clock: systemClock,
        });
        const outside = codecs.length === 0 ? await pieceOutside(path, format, size) : undefined;
        return { imported: { format, codecs }, ...(outside === undefined ? {} : { outside }) };
    } catch (thrown) {
        // Everything that an image can be wrong in has a code of its own, and a sentence about it.
        if (isBootsourceError(thrown) && thrown.code !== "failed" && /^cannot .+: .+; .+/s.test(thrown.message))
            return {};
        return { crash: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
    }
}

/** Of an image that was taken: a piece that does not lie in it, or not in the disk. */
async function pieceOutside(path: string, name: string, size: number): Promise<string | undefined> {
    const file = openSync(path, "r");
    try {
        const input = fileAccess(file);
        const format = formats.find((one) => one.name === name);
        const layout = await format?.layout(input, size);
        for (const piece of layout?.pieces ?? []) {
            const { sourceOffset, sourceLength, guestOffset, guestLength } = piece;
            // How long a compressed piece is, its table says in sectors: the last may be cut.
            const end = sourceOffset + (piece.encoding === "plain" ? sourceLength : 1);
            if (sourceOffset < 0 || end > (input.size ?? 0) || guestOffset + guestLength > (layout?.virtualSize ?? 0)) {
                return JSON.stringify(piece);
            }
        }
        return undefined;
    } finally {
        closeSync(file);
    }
}

function fileAccess(file: number): RandomAccess {
    return {
        name: "the-image",
        size: fstatSync(file).size,
        seeks: true,
        read: async (offset, length) => {
            const bytes = Buffer.alloc(length);
            return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
        },
    };
}
