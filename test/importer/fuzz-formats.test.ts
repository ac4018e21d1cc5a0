// Damaged images of other formats, many of them, always the same ones: an import ends with a whole disk or with a refusal.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { isBootsourceError } from "../../provider/model/errors.js";
import { makeDisk, seededRandom } from "../images/disk.js";
import { makeVdi } from "../images/vdi.js";
import { makeVhd } from "../images/vhd.js";
import { makeVhdx } from "../images/vhdx.js";
import { makeVmdk } from "../images/vmdk.js";
import { Workspace } from "./workspace.js";
import { startProcessorClock } from "../processor-time.js";

const rounds = process.env["CI"] === undefined ? 10 : 80;
const room = 8 * 2 ** 20;
const disk = makeDisk(1_400_320, { seed: 4 });

/** An image, and where it is damaged: an offset, a length. What a checksum covers is left to the hostile images. */
const shapes: readonly {
    readonly name: string;
    readonly image: Buffer;
    readonly places: readonly [number, number][];
}[] = [
    {
        name: "vdi",
        image: makeVdi(disk, { blockSize: 65_536 }),
        places: [
            [0x40, 0x190],
            [512, 100],
        ],
    },
    { name: "vhd", image: makeVhd(disk, { blockSize: 65_536 }), places: [[1536, 88]] },
    {
        name: "vhdx",
        image: makeVhdx(disk),
        places: [
            [2 << 20, 64],
            [3 << 20, 300],
            [(3 << 20) + 65_536, 60],
        ],
    },
    {
        name: "sparse vmdk",
        image: makeVmdk(disk),
        places: [
            [0, 80],
            [512, 200],
            [10_752, 4],
            [11_264, 88],
        ],
    },
    {
        name: "vmdk stream",
        image: makeVmdk(disk, { shape: "stream" }),
        places: [
            [0, 80],
            [10_752, 40],
            [40_000, 2000],
        ],
    },
    {
        name: "packed vmdk",
        image: makeVmdk(disk, { shape: "packed" }),
        places: [
            [0, 80],
            [11_264, 88],
            [65_536, 40],
        ],
    },
];

describe("damaged images of other formats", function () {
    this.timeout(300_000);
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    const check = async (image: Buffer, what: string): Promise<void> => {
        const spent = startProcessorClock();
        try {
            const imported = await space.import({
                source: { kind: "file", path: space.write("image", image) },
                size: room,
            });
            assert.equal(statSync(space.target).size, room, what);
            assert.ok(imported.virtualSize <= room, what);
        } catch (thrown) {
            assert.ok(isBootsourceError(thrown), `${what}: ${String(thrown)}`);
            assert.notEqual(thrown.code, "failed", `${what}: ${thrown.message}`);
        }
        assert.ok(spent() < 2000, `${what} takes less than two seconds`);
        const left = space.left().filter((name) => name !== "disk.img");
        assert.deepEqual(left, [], what);
    };

    for (const { name, image, places } of shapes) {
        it(`are refused or imported whole: ${name}, by ranges and as a stream`, async () => {
            for (let round = 0; round < rounds; round += 1) {
                const random = seededRandom(7_000 + round);
                const damaged = Buffer.from(image);
                for (let count = 1 + (random() % 4); count > 0; count -= 1) {
                    const [at, length] = places[random() % places.length] ?? [0, 1];
                    const value = [0, 0xff, 1, random() & 0xff][random() % 4] ?? 0;
                    const offset = at + (random() % length);
                    damaged.fill(value, offset, offset + 1 + (random() % 4));
                }
                const cut = random() % 8 === 0 ? damaged.subarray(0, random() % damaged.length) : damaged;
                await check(round % 2 === 0 ? cut : gzipSync(cut, { level: 1 }), `${name}, round ${round}`);
            }
        });
    }
});
