// Images that qemu-img made once, a few kB each: read right also where no qemu-img is. The command that made each stands beside it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { sha256, Workspace } from "./workspace.js";

interface Fixture {
    readonly file: string;
    readonly format: string;
    /** What made it (qemu-img 7.2.22), from a disk of 1 MiB. */
    readonly command: string;
    /** Bytes of the disk that qemu-img itself reads from it, and their sha256. */
    readonly size: number;
    readonly sha256: string;
}

const room = path.resolve(__dirname, "../../..", "test", "images", "fixtures");
const fixtures = JSON.parse(readFileSync(path.join(room, "fixtures.json"), "utf8")) as readonly Fixture[];

describe("the fixtures of disk formats", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    for (const { file, format, command, size, sha256: wanted } of fixtures) {
        it(`${command}: the disk that qemu-img reads`, async () => {
            const packed = readFileSync(path.join(room, file));
            const image = await space.import({
                source: { kind: "file", path: space.write("image", gunzipSync(packed)) },
            });
            assert.deepEqual([image.format, image.virtualSize], [format, size]);
            assert.equal(sha256(space.target), wanted);
            await space.import({ source: { kind: "file", path: space.write("image.gz", packed) }, size: 2 * size });
            assert.equal(sha256(readFileSync(space.target).subarray(0, size)), wanted);
        });
    }
});
