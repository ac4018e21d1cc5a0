// xz in large blocks, which threads decode side by side: the same bytes in the same order, and the same refusals.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { xz } from "../../../provider/importer/codecs/xz.js";
import { BlockThreads } from "../../../provider/importer/codecs/xz/block-threads.js";
import type { Bytes } from "../../../provider/importer/contract.js";
import { isBootsourceError } from "../../../provider/model/errors.js";
import { makeDisk } from "../../images/disk.js";
import { zeros } from "../../images/hostile-codecs.js";
import { makeXz } from "../../images/xz.js";
import { requireTool } from "../../tools.js";

const block = 1_300_000;
const disk = makeDisk(9_000_001, { seed: 12 });

/** Decodes; what came before an error is kept. */
async function decode(bytes: Buffer): Promise<{ readonly decoded: Buffer; readonly error: unknown }> {
    async function* input(): Bytes {
        for (let at = 0; at < bytes.length; at += 300_000) {
            await Promise.resolve();
            yield bytes.subarray(at, at + 300_000);
        }
    }
    const chunks: Uint8Array[] = [];
    try {
        for await (const chunk of xz.decode(input(), "the-image")) chunks.push(new Uint8Array(chunk));
        return { decoded: Buffer.concat(chunks), error: undefined };
    } catch (error) {
        return { decoded: Buffer.concat(chunks), error };
    }
}

describe("xz in large blocks", function () {
    this.timeout(60_000);
    before(function () {
        if (!BlockThreads.suits(block, block)) this.skip();
    });

    for (const check of [0, 1, 10]) {
        it(`becomes the same bytes in their order, with check ${check}`, async () => {
            const { decoded, error } = await decode(makeXz(disk, { check, blockBytes: block }));
            assert.equal(error, undefined);
            assert.ok(decoded.equals(disk));
        });
    }

    for (const settings of [["-1"], ["-3", "--check=sha256"], ["-0", "--check=none"]]) {
        it(`becomes the same bytes as xz -T2 ${settings.join(" ")} was given`, async function () {
            const long = Buffer.concat([
                disk,
                Buffer.alloc(6_000_000),
                disk.subarray(5000),
                Buffer.alloc(2_000_000, "ab"),
            ]);
            const made = spawnSync(requireTool(this, "xz"), ["-cT2", "--block-size=2MiB", ...settings], {
                input: long,
                maxBuffer: 1e8,
            });
            const { decoded, error } = await decode(made.stdout);
            assert.equal(error, undefined);
            assert.ok(decoded.equals(long));
        });
    }

    it("goes on over streams one after another, padding between them, and blocks too small for threads", async () => {
        const [one, two] = [disk.subarray(0, 4_000_000), disk.subarray(4_000_000)];
        const { decoded, error } = await decode(
            Buffer.concat([
                makeXz(one, { check: 1, blockBytes: block }),
                Buffer.alloc(16),
                makeXz(two.subarray(0, 900_000), { check: 10, blockBytes: 100_000 }),
                makeXz(two.subarray(900_000), { check: 0, blockBytes: block }),
                Buffer.alloc(4),
            ]),
        );
        assert.equal(error, undefined);
        assert.ok(decoded.equals(disk));
    });

    it("is decoded where what comes out overtakes what is still to be read", async () => {
        // Three chunks are 4 MiB of zeros; behind them stands each byte in a chunk of its own, four times as long as itself.
        const start = 12 + 4 * ((zeros.xz[12] ?? 0) + 1);
        let end = start;
        for (let control = zeros.xz[end] ?? 0; control !== 0; control = zeros.xz[end] ?? 0) {
            end += (control >= 0xc0 ? 6 : 5) + zeros.xz.readUInt16BE(end + 3) + 1;
        }
        const tail = disk.subarray(0, 400_000);
        const chunks = Buffer.concat([...tail].map((byte) => Buffer.of(2, 0, 0, byte)));
        const lzma2 = (): Buffer => Buffer.concat([zeros.xz.subarray(start, end), chunks, Buffer.of(0)]);
        const one = Buffer.concat([Buffer.alloc(4 << 20), tail]);
        const three = Buffer.concat([one, one, one]);
        const packed = makeXz(three, { check: 1, blockBytes: one.length, dictionary: 24, lzma2 });
        const { decoded, error } = await decode(packed);
        assert.equal(error, undefined);
        assert.ok(decoded.equals(three));
    });

    const whole = makeXz(disk, { check: 1, blockBytes: block });
    const changed = Buffer.from(whole);
    changed.fill(0x55, 4 * block + 500_000, 4 * block + 500_004);
    for (const { reason, bytes, code, good } of [
        {
            reason: "a byte changed in the fourth block after it",
            bytes: changed,
            code: "corrupt-image",
            good: 4 * block,
        },
        { reason: "an end within a block", bytes: whole.subarray(0, 3 * block), code: "truncated", good: block },
        { reason: "an end within the index", bytes: whole.subarray(0, -20), code: "truncated", good: disk.length },
        {
            reason: "blocks that hold more than they say",
            bytes: makeXz(disk, { check: 1, blockBytes: block, lie: -9 }),
            code: "corrupt-image",
            good: 0,
        },
        {
            reason: "blocks that hold less than they say",
            bytes: makeXz(disk, { check: 1, blockBytes: block, lie: 70_000 }),
            code: "corrupt-image",
            good: 0,
        },
    ]) {
        it(`refuses ${reason}, and has given nothing wrong before`, async () => {
            const { decoded, error } = await decode(bytes);
            assert.ok(isBootsourceError(error), String(error));
            assert.equal(error.code, code);
            assert.ok(decoded.length >= good, `${decoded.length} bytes`);
            // What the very block gave that is wrong is not looked at: nobody has a disk of it.
            assert.ok(decoded.subarray(0, good).equals(disk.subarray(0, good)));
        });
    }

    it("ends its threads and its input where the reader stops in the middle", async () => {
        let ended = false;
        async function* input(): Bytes {
            try {
                for (let at = 0; at < whole.length; at += 100_000) {
                    await Promise.resolve();
                    yield whole.subarray(at, at + 100_000);
                }
            } finally {
                ended = true;
            }
        }
        const before = threads();
        let got = 0;
        for await (const chunk of xz.decode(input(), "the-image")) {
            got += chunk.length;
            if (got < 2 * block) continue;
            assert.ok(threads() > before, "there were threads");
            break;
        }
        assert.ok(ended);
        assert.equal(threads(), before);
    });

    it("is read no further than its beginning by who looks at the beginning only", async () => {
        let asked = 0;
        async function* input(): Bytes {
            for (; asked < whole.length; asked += 10_000) {
                await Promise.resolve();
                yield whole.subarray(asked, asked + 10_000);
            }
        }
        for await (const chunk of xz.decode(input(), "the-image")) {
            assert.ok(chunk.length > 0);
            break;
        }
        assert.ok(asked < 200_000, `${asked} bytes`);
    });
});

function threads(): number {
    return process.getActiveResourcesInfo().filter((name) => /worker|port/i.test(name)).length;
}
