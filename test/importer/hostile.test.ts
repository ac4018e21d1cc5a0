// Every hostile image, refused in processes of their own that are watched: in time, within bounds, and with nothing left.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { everyHostile } from "../images/hostile.js";
import { Workspace } from "./workspace.js";

const provider = join(__dirname, "..", "..", "provider");

/** Imports one image after another; prints how each ended, and the most memory that the process was seen to have. */
const script = `
const { readdirSync } = require("node:fs");
const { dirname } = require("node:path");
const { importImage } = require(${JSON.stringify(join(provider, "importer", "import-image.js"))});
const { systemClock: clock } = require(${JSON.stringify(join(provider, "model", "clock.js"))});
const [target, ...images] = process.argv.slice(1);
let most = 0;
const look = () => (most = Math.max(most, process.memoryUsage.rss()));
const watch = setInterval(look, 5);
void (async () => {
    const ended = [];
    for (const image of images) {
        const [path, size] = image.split("|");
        const began = process.cpuUsage();
        const signal = AbortSignal.timeout(60_000);
        const request = { source: { kind: "file", path }, size: size === "" ? undefined : Number(size), signal, clock };
        const error = await importImage(target, request).then(() => ({ code: "imported" }), (thrown) => thrown);
        const { user, system } = process.cpuUsage(began);
        const milliseconds = (user + system) / 1000;
        look();
        ended.push({ code: error.code, message: error.message, milliseconds, left: readdirSync(dirname(target)) });
    }
    clearInterval(watch);
    console.log(JSON.stringify({ most, ended }));
})();
`;

interface Ended {
    readonly code: string;
    readonly message: string;
    readonly milliseconds: number;
    readonly left: readonly string[];
}

/** An import of an image that is fine has about 110 MiB. */
const bound = 256 * 2 ** 20;

describe("the hostile suite", function () {
    this.timeout(120_000);
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    it("has 150 images at least, over all formats and compressions, each of its own kind", () => {
        const all = Object.entries(everyHostile).flatMap(([room, images]) =>
            images.map(({ reason }) => `${room}: ${reason}`),
        );
        assert.ok(all.length >= 150, `${all.length} images`);
        assert.equal(new Set(all).size, all.length, "no reason stands twice");
        for (const [room, images] of Object.entries(everyHostile)) assert.ok(images.length >= 25, room);
    });

    for (const [room, images] of Object.entries(everyHostile)) {
        it(`is refused: ${room}, each in less than two seconds, in bounded memory, with nothing left`, () => {
            for (let first = 0; first < images.length; first += 40) {
                const some = images.slice(first, first + 40);
                const paths = some.map(({ image, room: size }, index) => {
                    return `${space.write(`image-${index}`, image)}|${size ?? ""}`;
                });
                const output = execFileSync(process.execPath, ["-e", script, space.target, ...paths], {
                    encoding: "utf8",
                });
                const { most, ended } = JSON.parse(output) as { most: number; ended: readonly Ended[] };
                for (const [index, { reason, code }] of some.entries()) {
                    const one = ended[index];
                    assert.equal(one?.code, code, `${reason}: ${one?.message ?? "not even tried"}`);
                    assert.match(one.message, /^cannot .+: .+; .+/s);
                    assert.ok(one.milliseconds < 2000, `${reason}: ${one.milliseconds} ms`);
                    assert.deepEqual(one.left, [], reason);
                }
                assert.ok(most > 20 * 2 ** 20 && most < bound, `${most} bytes of memory`);
                for (const path of paths) rmSync(path.split("|")[0] ?? "");
            }
        });
    }
});
