// Room that is taken at once where that is asked for, whatever the image is and wherever it comes from.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { SourceSpec } from "../../provider/importer/contract.js";
import { makeContainerdisk, makeOciArchive } from "../images/containerdisk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { Workspace, sha256 } from "./workspace.js";

const mebibyte = 2 ** 20;
/** Mostly holes. */
const disk = Buffer.concat([Buffer.alloc(mebibyte, 1), Buffer.alloc(30 * mebibyte), Buffer.alloc(mebibyte, 2)]);
const size = 48 * mebibyte;
const qcow2 = makeQcow2(disk, { compression: "zlib" });

describe("preallocation", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const file = (bytes: Uint8Array): SourceSpec => ({ kind: "file", path: space.write("image", bytes) });
    const container = (bytes: Uint8Array): SourceSpec => {
        const archive = makeOciArchive({ v1: makeContainerdisk(bytes, { architecture: undefined }) });
        return { kind: "registry", url: `oci-archive:${space.write("image.tar", archive)}:v1` };
    };
    const rows: readonly [string, () => SourceSpec][] = [
        ["a raw disk", () => file(disk)],
        ["a raw disk in gzip", () => file(gzipSync(disk))],
        ["a qcow2", () => file(qcow2)],
        ["a qcow2 in gzip", () => file(gzipSync(qcow2))],
        ["a containerdisk", () => container(qcow2)],
        ["standard input", () => ({ kind: "stream", name: "standard input", bytes: once(gzipSync(qcow2)) })],
    ];
    for (const [what, source] of rows) {
        it(`takes all the room for ${what}, and without it the holes take none [C29]`, async () => {
            for (const preallocate of [false, true]) {
                await space.import({ source: source(), size, preallocate });
                const { blocks, size: length } = statSync(space.target);
                assert.equal(length, size);
                assert.equal(sha256(space.target), sha256(Buffer.concat([disk, Buffer.alloc(size - disk.length)])));
                if (preallocate) assert.ok(blocks * 512 >= size, `${blocks * 512} of ${size} bytes are taken`);
                else assert.ok(blocks * 512 < 8 * mebibyte, `${blocks * 512} bytes are taken`);
            }
        });
    }
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
}
