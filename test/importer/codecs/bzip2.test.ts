// bzip2: one stream, many streams, runs and blocks of every kind, and what must not be believed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { bzip2 } from "../../../provider/importer/codecs/bzip2.js";
import { makeBzip2 } from "../../images/bzip2.js";
import { makeDisk, seededRandom } from "../../images/disk.js";
import { requireTool } from "../../tools.js";
import { describeCodec } from "./describe-codec.js";
import { startProcessorClock } from "../../processor-time.js";

const one = makeDisk(9_000, { seed: 1, unit: 1000 });
const two = makeDisk(5_000, { seed: 2, unit: 1000 });
const runs = Buffer.concat([3, 4, 5, 258, 259, 260, 1000].flatMap((length) => [Buffer.alloc(length, 7), Buffer.of(8)]));

function changed(bytes: Buffer, at: number): Buffer {
    const copy = Buffer.from(bytes);
    const index = at < 0 ? copy.length + at : at;
    copy[index] = (copy[index] ?? 0) ^ 0x55;
    return copy;
}

describeCodec(bzip2, {
    encode: (bytes) => makeBzip2(bytes),
    good: [
        {
            reason: "streams one after another",
            encoded: Buffer.concat([makeBzip2(one), makeBzip2(two)]),
            decoded: Buffer.concat([one, two]),
            cuts: [makeBzip2(one).length],
        },
        { reason: "a stream of no bytes", encoded: makeBzip2(new Uint8Array(0)), decoded: Buffer.alloc(0) },
        { reason: "one byte", encoded: makeBzip2(Buffer.of(5)), decoded: Buffer.of(5) },
        { reason: "runs of every length", encoded: makeBzip2(runs), decoded: runs },
        { reason: "zeros alone", encoded: makeBzip2(Buffer.alloc(60_000)), decoded: Buffer.alloc(60_000) },
    ],
    hostile: [
        { reason: "a block with another checksum", encoded: makeBzip2(two, { blockSum: 1 }), code: "corrupt-image" },
        { reason: "a stream with another checksum", encoded: makeBzip2(two, { streamSum: 1 }), code: "corrupt-image" },
        {
            reason: "a block that begins outside itself",
            encoded: makeBzip2(two, { origin: 900_000 }),
            code: "corrupt-image",
        },
        {
            reason: "a block of a bzip2 that shuffled",
            encoded: makeBzip2(two, { shuffled: true }),
            code: "corrupt-image",
        },
        {
            reason: "something behind the last stream",
            encoded: Buffer.concat([makeBzip2(two), Buffer.alloc(8, 3)]),
            code: "corrupt-image",
        },
        { reason: "a stream that is cut off in a block", encoded: makeBzip2(two).subarray(0, 900), code: "truncated" },
        { reason: "a stream that is cut off in its end", encoded: makeBzip2(two).subarray(0, -3), code: "truncated" },
        {
            reason: "a second stream that is cut off",
            encoded: Buffer.concat([makeBzip2(two), Buffer.from("BZ")]),
            code: "truncated",
        },
        { reason: "a byte that was changed", encoded: changed(makeBzip2(two), 700), code: "corrupt-image" },
    ],
});

describe("bzip2 itself", () => {
    const decoded = async (bytes: Buffer): Promise<Buffer> => {
        const chunks: Buffer[] = [];
        async function* input() {
            await Promise.resolve();
            yield bytes;
        }
        for await (const chunk of bzip2.decode(input(), "the-image")) chunks.push(Buffer.from(chunk));
        return Buffer.concat(chunks);
    };

    it("writes what is read, at every level", async function () {
        const tool = requireTool(this, "bzip2");
        const disk = makeDisk(2_500_000, { seed: 6 });
        for (let level = 1; level <= 9; level += 4) {
            const packed = execFileSync(tool, [`-${level}`, "-c"], { input: disk, maxBuffer: 1 << 26 });
            assert.ok((await decoded(packed)).equals(disk), `level ${level}`);
        }
    });

    it("reads what the tests write, so that these prove something", function () {
        const tool = requireTool(this, "bzip2");
        for (const disk of [one, runs, Buffer.alloc(0)]) {
            assert.ok(execFileSync(tool, ["-dc"], { input: makeBzip2(disk) }).equals(disk));
        }
    });

    it("is refused or read whole wherever a byte was changed", async () => {
        const whole = makeBzip2(makeDisk(8_000, { seed: 9, unit: 500 }));
        const disk = await decoded(whole);
        for (let round = 0; round < 300; round += 1) {
            const random = seededRandom(round);
            const image = Buffer.from(whole);
            image[random() % image.length] = random() & 0xff;
            const spent = startProcessorClock();
            const found = await decoded(image).catch((thrown: unknown) => thrown);
            if (Buffer.isBuffer(found)) assert.ok(found.equals(disk), `round ${round}`);
            else assert.match(String(found), /cannot decompress the-image/, `round ${round}`);
            assert.ok(spent() < 2000, `round ${round}`);
        }
    });
});
