// bzip2 in blocks that threads decode side by side, and files in which something stands that is no block: the same bytes in their order.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { bzip2 } from "../../../provider/importer/codecs/bzip2.js";
import { sourceSum } from "../../../provider/importer/codecs/bzip2/bzip2-wasm.js";
import type { Bytes } from "../../../provider/importer/contract.js";
import { isBootsourceError } from "../../../provider/model/errors.js";
import { makeBzip2 } from "../../images/bzip2.js";
import { makeDisk, seededRandom } from "../../images/disk.js";
import { startProcessorClock } from "../../processor-time.js";
import { requireTool } from "../../tools.js";

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
        for await (const chunk of bzip2.decode(input(), "the-image")) chunks.push(new Uint8Array(chunk));
        return { decoded: Buffer.concat(chunks), error: undefined };
    } catch (error) {
        return { decoded: Buffer.concat(chunks), error };
    }
}

/** Holes and runs between data: some blocks become fifty times as much as others. */
function makeLong(): Buffer {
    const disk = makeDisk(7_000_001, { seed: 21 });
    return Buffer.concat([disk, Buffer.alloc(60_000_000), disk.subarray(77), Buffer.alloc(3_000_000, 9), disk]);
}

describe("the decoder of bzip2", () => {
    it("is made of the source in tools/bzip2 as it stands: else run tools/bzip2/make.cjs", () => {
        const room = path.resolve(__dirname, "../../../..", "tools", "bzip2");
        const { source } = require(path.join(room, "source.cjs")) as { readonly source: string };
        assert.equal(sourceSum, createHash("sha256").update(source).digest("hex"));
    });
});

describe("bzip2 in many blocks", function () {
    this.timeout(120_000);
    let tool: string;
    let long: Buffer;
    before(function () {
        tool = requireTool(this, "bzip2");
        long = makeLong();
    });
    const pack = (bytes: Buffer, level: number): Buffer =>
        execFileSync(tool, [`-${level}`, "-c"], { input: bytes, maxBuffer: 1e9 });

    for (const level of [1, 9]) {
        it(`becomes the same bytes as bzip2 -${level} was given`, async () => {
            const { decoded, error } = await decode(pack(long, level));
            assert.equal(error, undefined);
            assert.ok(decoded.equals(long));
        });
    }

    it("goes on over streams of other levels, and refuses a block that is larger than its own", async () => {
        const disk = long.subarray(0, 3_000_000);
        const streams = Buffer.concat([pack(disk, 1), pack(Buffer.alloc(0), 5), pack(disk, 9), pack(disk, 2)]);
        const { decoded, error } = await decode(streams);
        assert.equal(error, undefined);
        assert.ok(decoded.equals(Buffer.concat([disk, disk, disk])));
        const lie = pack(long.subarray(0, 5_000_000), 9);
        lie.write("1", 3);
        const refused = await decode(lie);
        assert.ok(isBootsourceError(refused.error) && refused.error.code === "corrupt-image");
    });

    it("refuses a byte that was changed in a later block, and has given nothing wrong before", async () => {
        const packed = pack(long, 3);
        const changed = Buffer.from(packed);
        changed[packed.length - 1_000_000] = (changed[packed.length - 1_000_000] ?? 0) ^ 0x10;
        const { decoded, error } = await decode(changed);
        assert.ok(isBootsourceError(error) && error.code === "corrupt-image", String(error));
        // What the very block gave that is wrong is not looked at: nobody has a disk of it.
        assert.ok(decoded.length > 30_000_000, `${decoded.length} bytes`);
        assert.ok(long.subarray(0, 30_000_000).equals(decoded.subarray(0, 30_000_000)));
    });

    it("refuses an end in any block, and another one where the last stream is over", async () => {
        const packed = pack(long, 9);
        for (const end of [packed.length >> 1, packed.length - 100_000, packed.length - 5]) {
            const { error } = await decode(packed.subarray(0, end));
            assert.ok(isBootsourceError(error) && error.code === "truncated", String(error));
        }
        const { error } = await decode(Buffer.concat([packed, Buffer.from("BZh")]));
        assert.ok(isBootsourceError(error) && error.code === "truncated", String(error));
    });

    it("ends its threads and its input where the reader stops in the middle", async () => {
        const packed = pack(long, 9);
        let ended = false;
        async function* input(): Bytes {
            try {
                for (let at = 0; at < packed.length; at += 100_000) {
                    await Promise.resolve();
                    yield packed.subarray(at, at + 100_000);
                }
            } finally {
                ended = true;
            }
        }
        const before = threads();
        let got = 0;
        for await (const chunk of bzip2.decode(input(), "the-image")) if ((got += chunk.length) > 5_000_000) break;
        assert.ok(ended);
        assert.equal(threads(), before);
    });
});

describe("bzip2 with the bits of a magic where nothing begins", function () {
    this.timeout(120_000);
    const magics = [0x314159265359, 0x177245385090].map((magic) => magic.toString(2).padStart(48, "0"));
    const disk = makeDisk(40_000, { seed: 5, unit: 1000 });

    for (const [name, magic = ""] of [
        ["a block", magics[0]],
        ["an end", magics[1]],
    ] as const) {
        it(`is decoded as bzip2(1) decodes it: ${name} among the selectors`, async function () {
            const packed = Buffer.concat([
                makeBzip2(disk.subarray(0, 9000)),
                makeBzip2(disk.subarray(9000), { idleSelectors: `0${magic}0` }),
            ]);
            const { decoded, error } = await decode(packed);
            assert.equal(error, undefined);
            assert.ok(decoded.equals(disk));
            const tool = requireTool(this, "bzip2");
            assert.ok(execFileSync(tool, ["-dc"], { input: packed }).equals(disk), "the test's own image is right");
            const cut = await decode(packed.subarray(0, -100));
            assert.ok(isBootsourceError(cut.error) && cut.error.code === "truncated");
        });
    }

    it("is refused in time, however many there are", async () => {
        const many = Buffer.concat([
            makeBzip2(disk.subarray(0, 3000)).subarray(0, -10),
            ...Array.from({ length: 300_000 }, () => Buffer.from("314159265359", "hex")),
        ]);
        const spent = startProcessorClock();
        const { error } = await decode(many);
        assert.ok(isBootsourceError(error) && error.code === "corrupt-image", "it is damaged");
        assert.ok(spent() < 2000, `${spent()} ms`);
    });

    it("is refused or decoded right wherever a bit of it was changed", async () => {
        const packed = makeBzip2(disk, { idleSelectors: `0${magics[0] ?? ""}0` });
        for (let round = 0; round < 200; round += 1) {
            const random = seededRandom(round);
            const image = Buffer.from(packed);
            const at = random() % image.length;
            image[at] = (image[at] ?? 0) ^ (1 << (random() % 8));
            const { decoded, error } = await decode(image);
            if (error === undefined) assert.ok(decoded.equals(disk), `round ${round}`);
            else assert.ok(isBootsourceError(error), `round ${round}`);
        }
    });
});

function threads(): number {
    return process.getActiveResourcesInfo().filter((name) => /worker|port/i.test(name)).length;
}
