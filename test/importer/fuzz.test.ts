// Damaged images, many of them, always the same ones: an import ends with a whole disk or with a refusal, never otherwise.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { statSync } from "node:fs";
import { isBootsourceError } from "../../provider/model/errors.js";
import { makeDisk, seededRandom } from "../images/disk.js";
import { makeQcow2, type Qcow2Options } from "../images/qcow2.js";
import { Workspace } from "./workspace.js";
import { startProcessorClock } from "../processor-time.js";

const rounds = process.env["CI"] === undefined ? 150 : 1500;
const room = 8 * 2 ** 20;

const shapes: readonly Qcow2Options[] = [
    { clusterBits: 12, compression: "zlib" },
    { clusterBits: 14, extendedL2: true },
    { clusterBits: 9, compression: "zstd" },
    { clusterBits: 16, lateTables: true, version: 2, compression: "zlib" },
];

describe("damaged images", function () {
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
        assert.ok(
            space.left().every((name) => name === "disk.img"),
            what,
        );
    };

    it("are refused or imported whole, wherever a header or a table is damaged", async () => {
        for (let round = 0; round < rounds; round += 1) {
            const random = seededRandom(round);
            const options = shapes[round % shapes.length] ?? {};
            const image = makeQcow2(makeDisk(400_000, { seed: round % 5 }), {
                ...options,
                spoil: (made, { clusterSize, l1Offset, l2Offset }) => {
                    const places = [
                        [0, 112],
                        [l1Offset, 64],
                        [l2Offset, clusterSize],
                    ] as const;
                    for (let change = 0; change <= round % 3; change += 1) {
                        const [start, length] = places[random() % places.length] ?? places[0];
                        const at = Math.min(made.length - 1, start + (random() % length));
                        const kind = random() % 3;
                        if (kind === 0) made[at] = random() & 0xff;
                        else if (kind === 1) made[at] = (made[at] ?? 0) ^ (1 << (random() % 8));
                        else made.fill(random() % 2 === 0 ? 0xff : 0, at, at + 8);
                    }
                    return made;
                },
            });
            const cut = random() % 8 === 0 ? image.subarray(0, random() % image.length) : image;
            const wrapped = round % 4 === 3;
            await check(wrapped ? gzipSync(cut, { level: 1 }) : cut, `round ${round}${wrapped ? ", gzipped" : ""}`);
        }
    });

    it("are refused or imported whole, wherever gzip is damaged", async () => {
        const whole = gzipSync(makeDisk(60_000));
        for (let round = 0; round < rounds / 3; round += 1) {
            const random = seededRandom(1000 + round);
            const image = Buffer.from(whole);
            image[random() % image.length] = random() & 0xff;
            await check(
                round % 5 === 0 ? image.subarray(0, 4 + (random() % image.length)) : image,
                `gzip round ${round}`,
            );
        }
    });
});
