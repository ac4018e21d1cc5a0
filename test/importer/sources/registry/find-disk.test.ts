// Where the disk of a container image is found, and what is said where there is none, or more than one: layer by layer.
import assert from "node:assert/strict";
import type { RegistrySpec } from "../../../../provider/importer/contract.js";
import { makeContainer, makeOciArchive, type ContainerdiskOptions } from "../../../images/containerdisk.js";
import { makeDisk } from "../../../images/disk.js";
import type { TarMember } from "../../../images/tar.js";
import { sha256, Workspace } from "../../workspace.js";

const disk = makeDisk(400_000, { seed: 81 });
const other = makeDisk(400_000, { seed: 82 });
const file = (path: string, bytes: Uint8Array = disk): TarMember => ({ path, bytes });
const directory: TarMember = { path: "disk/", type: "5" };
const gone = (path: string): TarMember => ({ path, bytes: Buffer.alloc(0) });

describe("the disk of a container image", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const archive = (layers: readonly (readonly TarMember[])[], options?: ContainerdiskOptions): RegistrySpec => {
        const path = space.write("image.tar", makeOciArchive({ one: makeContainer(layers, options) }));
        return { kind: "registry", url: `oci-archive:${path}`, architecture: "amd64" };
    };

    const found: readonly (readonly [string, readonly (readonly TarMember[])[]])[] = [
        ["a file below disk/, whatever its name", [[directory, file("disk/fedora.qcow2")]]],
        ["a path that begins with ./", [[{ path: "./disk/", type: "5" }, file("./disk/disk.img")]]],
        ["a path that begins with /", [[file("/disk/disk.img")]]],
        ["a directory below disk/", [[file("disk/images/disk.img")]]],
        ["the lowest of many layers", [[file("disk/disk.img")], [file("etc/hostname", Buffer.from("x"))], []]],
        ["the uppermost of two layers that have it", [[file("disk/disk.img", other)], [file("disk/disk.img")]]],
        [
            "a layer above one in which another disk was deleted",
            [[file("disk/old.img", other)], [gone("disk/.wh.old.img"), file("disk/disk.img")]],
        ],
        [
            "a layer that deletes the directory of the ones below",
            [[file("disk/old.img", other)], [gone(".wh.disk"), file("disk/disk.img")]],
        ],
        [
            "a layer that makes the directory opaque",
            [[file("disk/old.img", other)], [file("disk/disk.img"), gone("disk/.wh..wh..opq")]],
        ],
        [
            "a layer that makes everything opaque",
            [[file("disk/old.img", other)], [gone(".wh..wh..opq"), file("disk/disk.img")]],
        ],
        [
            "a layer above one that deleted it before",
            [[file("disk/a.img", other)], [gone("disk/.wh.a.img")], [file("disk/a.img")]],
        ],
        [
            "a layer in which a directory took the place of a file",
            [[file("disk/a", other)], [{ path: "disk/a", type: "5" }, file("disk/a/disk.img")]],
        ],
        [
            "a directory with a link beside it",
            [[file("disk/disk.img"), { path: "disk/latest", type: "2", linkPath: "disk.img" }]],
        ],
        [
            "an image with another system around it",
            [[file("diskutil/tool", other), file("disks.txt", other), file("disk/disk.img")]],
        ],
    ];
    for (const [reason, layers] of found) {
        it(`is found in ${reason}`, async () => {
            for (const compression of ["gzip", "zstd", "none"] as const) {
                await space.import({ source: archive(layers, { compression }) });
                assert.equal(sha256(space.target), sha256(disk), compression);
            }
        });
    }

    const missing = /^cannot import oci-archive:.+: Failed to find VM disk image file in the container image: /;
    const refusals: readonly (readonly [string, string, RegExp, readonly (readonly TarMember[])[]])[] = [
        ["without a layer", "not-an-image", missing, []],
        [
            "of something else",
            "not-an-image",
            /at its root are bin, etc; put the disk file there/,
            [[file("bin/sh"), file("etc/passwd")]],
        ],
        ["with nothing below disk/", "not-an-image", missing, [[directory]]],
        [
            "with the disk at its root, where CDI takes it and then fails",
            "unsupported-image",
            /\/disk\.img lies at the root of the image; put it below \/disk/,
            [[file("disk.img")]],
        ],
        ["with a file in place of the directory", "unsupported-image", /\/disk lies at the root/, [[file("disk")]]],
        [
            "with two disks",
            "unsupported-image",
            /more than one file lies below \/disk \(\/disk\/a\.img, \/disk\/b\.img\); leave one/,
            [[file("disk/a.img"), file("disk/b.img", other)]],
        ],
        [
            "with two disks in two layers",
            "unsupported-image",
            /\(\/disk\/b\.img, \/disk\/a\.img\)/,
            [[file("disk/a.img", other)], [file("disk/b.img")]],
        ],
        [
            "with a disk that is deleted again",
            "not-an-image",
            missing,
            [[file("disk/a.img")], [gone("disk/.wh.a.img")]],
        ],
        [
            "with a disk that a link replaces",
            "unsupported-image",
            /\/disk\/a\.img is a link to \/b\.img; put the file itself/,
            [[file("disk/a.img")], [{ path: "disk/a.img", type: "2", linkPath: "/b.img" }]],
        ],
        [
            "with a hard link instead of the disk",
            "unsupported-image",
            /is a link to disk\.raw; put the file itself/,
            [[file("disk.raw"), { path: "disk/a.img", type: "1", linkPath: "disk.raw" }]],
        ],
        [
            "with a link in place of the directory",
            "unsupported-image",
            /\/disk is a link to images/,
            [[file("images/a.img"), { path: "disk", type: "2", linkPath: "images" }]],
        ],
        [
            "with one file twice in a layer, of which tools take either",
            "corrupt-image",
            /holds \/disk\/a\.img twice/,
            [[file("disk/a.img"), file("disk/a.img", other)]],
        ],
        ["with a file that climbs out", "not-an-image", missing, [[file("disk/../../a")]]],
        ["with a sparse file", "unsupported-image", /stored sparse/, [[{ ...file("disk/a.img"), type: "S" }]]],
        ["with an empty disk", "empty-source", /it has no bytes/, [[file("disk/a.img", Buffer.alloc(0))]]],
    ];
    for (const [reason, code, message, layers] of refusals) {
        it(`is refused for an image ${reason}`, async () => {
            const error = await space.refused({ source: archive(layers) });
            assert.equal(error.code, code, error.message);
            assert.match(error.message, message);
            assert.equal(error.terminal, true);
        });
    }

    it("ends with an error where the layer is damaged behind the disk, because what was read is not proven", async () => {
        const image = makeContainer([[file("disk/disk.img"), file("readme", other)]], { compression: "none" });
        const bytes = makeOciArchive({ one: image });
        const at = bytes.indexOf(other) + 200_000;
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        const source = {
            kind: "registry",
            url: `oci-archive:${space.write("image.tar", bytes)}`,
            architecture: "amd64",
        } as const;
        assert.equal((await space.refused({ source })).code, "checksum-mismatch");
    });
});
