// xz: streams, blocks, every check, what xz(1) writes with any of its settings, and what is damaged or means harm.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import * as path from "node:path";
import type { Bytes } from "../../../provider/importer/contract.js";
import { xz } from "../../../provider/importer/codecs/xz.js";
import { sourceSum } from "../../../provider/importer/codecs/xz/lzma-wasm.js";
import { makeDisk } from "../../images/disk.js";
import { makeXz } from "../../images/xz.js";
import { requireTool } from "../../tools.js";
import { describeCodec } from "./describe-codec.js";

const one = makeDisk(9_001, { seed: 1, unit: 1000 });
const two = makeDisk(5_003, { seed: 2, unit: 1000 });
const both = Buffer.concat([one, two]);
const whole = makeXz(one);

function changed(bytes: Buffer, at: number): Buffer {
    const copy = Buffer.from(bytes);
    const index = at < 0 ? copy.length + at : at;
    copy[index] = (copy[index] ?? 0) ^ 0x55;
    return copy;
}

describeCodec(xz, {
    encode: (bytes) => makeXz(bytes),
    good: [
        { reason: "blocks one after another", encoded: makeXz(both, { blockBytes: 4_000 }), decoded: both },
        { reason: "streams one after another", encoded: Buffer.concat([whole, makeXz(two)]), decoded: both },
        {
            reason: "padding between and behind streams",
            encoded: Buffer.concat([whole, Buffer.alloc(8), makeXz(two), Buffer.alloc(4)]),
            decoded: both,
        },
        ...[0, 1, 4, 10].map((check) => ({
            reason: `blocks with check ${check}`,
            encoded: makeXz(both, { check, blockBytes: 3_000 }),
            decoded: both,
        })),
        { reason: "nothing", encoded: makeXz(Buffer.alloc(0)), decoded: Buffer.alloc(0) },
    ],
    hostile: [
        { reason: "data that is cut off", encoded: whole.subarray(0, 5_000), code: "truncated" },
        { reason: "an index that is cut off", encoded: whole.subarray(0, whole.length - 20), code: "truncated" },
        { reason: "a footer that is cut off", encoded: whole.subarray(0, whole.length - 2), code: "truncated" },
        { reason: "a stream header with a wrong sum", encoded: changed(whole, 9), code: "corrupt-image" },
        { reason: "a block header with a wrong sum", encoded: changed(whole, 14), code: "corrupt-image" },
        { reason: "data that was changed", encoded: changed(whole, 3_000), code: "corrupt-image" },
        { reason: "a footer that was changed", encoded: changed(whole, -7), code: "corrupt-image" },
        { reason: "a footer that is none", encoded: changed(whole, -1), code: "corrupt-image" },
        { reason: "an index that was changed", encoded: changed(whole, -20), code: "corrupt-image" },
        {
            reason: "padding that is none",
            encoded: Buffer.concat([whole, Buffer.alloc(3)]),
            code: "corrupt-image",
        },
        {
            reason: "other bytes behind it",
            encoded: Buffer.concat([whole, Buffer.alloc(64, 7)]),
            code: "corrupt-image",
        },
        { reason: "a dictionary of 4 GiB", encoded: makeXz(one, { dictionary: 40 }), code: "unsupported-image" },
        { reason: "a dictionary that cannot be", encoded: makeXz(one, { dictionary: 41 }), code: "corrupt-image" },
        { reason: "another filter", encoded: makeXz(one, { filter: 4 }), code: "unsupported-image" },
        { reason: "a check that nobody knows", encoded: makeXz(one, { check: 2 }), code: "unsupported-image" },
    ],
});

describe("the decoder of xz", () => {
    it("is made of the source in tools/lzma as it stands: else run tools/lzma/make.cjs", () => {
        const clone = path.resolve(__dirname, "../../../..");
        const { source } = createRequire(__filename)(path.join(clone, "tools", "lzma", "source.cjs")) as {
            source: string;
        };
        assert.equal(sourceSum, createHash("sha256").update(source).digest("hex"));
    });
});

describe("what xz(1) writes", () => {
    const disk = makeDisk(3_000_001, { seed: 9 });
    const long = Buffer.concat([disk, Buffer.alloc(9_000_000, "a line that comes again and again\n"), disk]);
    const decode = async (bytes: Buffer): Promise<Buffer> => {
        async function* input(): Bytes {
            for (let at = 0; at < bytes.length; at += 50_000) {
                await Promise.resolve();
                yield bytes.subarray(at, at + 50_000);
            }
        }
        const chunks: Uint8Array[] = [];
        for await (const chunk of xz.decode(input(), "the-image")) chunks.push(new Uint8Array(chunk));
        return Buffer.concat(chunks);
    };
    for (const settings of [
        ["-0"],
        ["-6"],
        ["-9e"],
        ["-T2", "--block-size=1MiB"],
        ["--check=none"],
        ["--check=crc32"],
        ["--check=sha256"],
        ["--lzma2=preset=6,lc=0,lp=4,pb=0"],
        ["--lzma2=preset=6,lc=4,lp=0,pb=4"],
        ["--lzma2=preset=6,lc=1,lp=3,pb=1,dict=4KiB"],
        ["--lzma2=preset=1,nice=273,mf=bt4"],
    ]) {
        it(`is decoded: xz ${settings.join(" ")}`, async function () {
            const program = requireTool(this, "xz");
            for (const bytes of [disk, long]) {
                const made = spawnSync(program, ["-c", ...settings], { input: bytes, maxBuffer: 1e8 });
                assert.equal(made.status, 0, String(made.stderr));
                assert.ok((await decode(made.stdout)).equals(bytes));
            }
        });
    }

    it("is refused or decoded right wherever a byte of it was changed", async function () {
        const program = requireTool(this, "xz");
        const packed = spawnSync(program, ["-c", "-6"], { input: both }).stdout;
        for (let at = 0; at < packed.length; at += 7) {
            const decoded = await decode(changed(packed, at)).catch(
                (error: unknown) => error as Error & { code: string },
            );
            if (Buffer.isBuffer(decoded)) assert.ok(decoded.equals(both), `byte ${at}`);
            else
                assert.match(
                    decoded.code,
                    /corrupt-image|truncated|unsupported-image/,
                    `byte ${at}: ${decoded.message}`,
                );
        }
    });
});
