// Archives unpacked into a directory: what real tar makes comes out as it was, and nothing outside is ever touched.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
    chmodSync,
    linkSync,
    lstatSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    symlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { importArchive } from "../../../provider/importer/archive/import-archive.js";
import { systemClock } from "../../../provider/model/clock.js";
import { isBootsourceError, type BootsourceError } from "../../../provider/model/errors.js";
import { parseChecksum } from "../../../provider/model/digest.js";
import { makeTar, type TarMember } from "../../images/tar.js";
import { Workspace, sha256 } from "../workspace.js";

describe("an archive", () => {
    let workspace: Workspace;
    beforeEach(() => {
        workspace = new Workspace();
    });
    afterEach(() => {
        workspace.remove();
    });
    const bring = (bytes: Uint8Array, more: object = {}) =>
        importArchive(workspace.target, {
            source: { kind: "file", path: workspace.write("archive", bytes) },
            signal: new AbortController().signal,
            clock: systemClock,
            ...more,
        });
    const refused = async (bytes: Uint8Array, more: object = {}): Promise<BootsourceError> => {
        const thrown: unknown = await bring(bytes, more).then(
            () => undefined,
            (error: unknown) => error,
        );
        assert.ok(isBootsourceError(thrown), String(thrown));
        assert.deepEqual(workspace.left(), [], "nothing may be left");
        return thrown;
    };

    describe("made by tar", () => {
        const modes: readonly [string, number][] = [
            ["script", 0o755],
            ["secret", 0o600],
            ["deep/down/file", 0o640],
        ];
        const original = (): string => {
            const root = join(workspace.path, "original");
            mkdirSync(join(root, "deep", "down"), { recursive: true });
            for (const [name, mode] of modes) {
                writeFileSync(join(root, name), `content of ${name}\n`.repeat(3000));
                chmodSync(join(root, name), mode);
                utimesSync(join(root, name), 1_600_000_000, 1_600_000_000);
            }
            symlinkSync("down/file", join(root, "deep", "link"));
            symlinkSync("../script", join(root, "deep", "up"));
            linkSync(join(root, "script"), join(root, "again"));
            chmodSync(join(root, "deep"), 0o555);
            return root;
        };
        for (const format of ["gnu", "pax", "ustar"]) {
            for (const [codec, compress] of [
                ["plain", (bytes: Buffer) => bytes],
                ["gz", gzipSync],
                ["zst", zstdCompressSync],
            ] as const) {
                it(`comes out as it was, permissions kept: ${format}, ${codec} [M31, C10]`, async () => {
                    const root = original();
                    const tar = execFileSync("tar", [`--format=${format}`, "-cf", "-", "-C", root, "."], {
                        maxBuffer: 1e8,
                    });
                    const imported = await bring(compress(tar));
                    for (const [name, mode] of modes) {
                        const stats = lstatSync(join(workspace.target, name));
                        assert.equal(stats.mode & 0o7777, mode, name);
                        assert.equal(stats.mtimeMs, 1_600_000_000_000, name);
                        assert.equal(sha256(join(workspace.target, name)), sha256(join(root, name)));
                    }
                    assert.equal(lstatSync(join(workspace.target, "deep")).mode & 0o7777, 0o555);
                    assert.equal(readlinkSync(join(workspace.target, "deep", "link")), "down/file");
                    assert.equal(readlinkSync(join(workspace.target, "deep", "up")), "../script");
                    assert.equal(
                        lstatSync(join(workspace.target, "again")).ino,
                        lstatSync(join(workspace.target, "script")).ino,
                        "a hard link is one",
                    );
                    assert.equal(
                        lstatSync(workspace.target).mode & 0o7777,
                        0o700,
                        "the claim's directory is its owner's",
                    );
                    const bytes = modes.reduce((sum, [name]) => sum + lstatSync(join(root, name)).size, 0);
                    assert.deepEqual([imported.virtualSize, imported.format], [bytes, "tar"]);
                    assert.equal(imported.digest, `sha256:${sha256(compress(tar))}`);
                });
            }
        }

        it("may hold long names and files with nothing in them", async () => {
            const root = original();
            const name = `${"long-".repeat(40)}name`;
            writeFileSync(join(root, name), "");
            await bring(execFileSync("tar", ["-cf", "-", "-C", root, "."]));
            assert.equal(lstatSync(join(workspace.target, name)).size, 0);
        });
    });

    describe("that means harm", () => {
        const file = (path: string): TarMember => ({ path, bytes: Buffer.from("harm") });
        const link = (path: string, linkPath: string): TarMember => ({ path, type: "2", linkPath });
        const hard = (path: string, linkPath: string): TarMember => ({ path, type: "1", linkPath });
        const long = (path: string): TarMember[] => [
            { path: "././@LongLink", type: "L", bytes: Buffer.from(`${path}\0`) },
            file("short"),
        ];
        for (const { reason, members, says } of [
            { reason: "an absolute path", members: [file("/etc/passwd")], says: /its path is absolute/ },
            { reason: "a path that climbs", members: [file("a/../../outside")], says: /climbs by "\.\."/ },
            { reason: "a path that climbs back in", members: [file("a/../inside")], says: /climbs/ },
            { reason: "a link to an absolute place", members: [link("a", "/etc")], says: /leads out of the archive/ },
            { reason: "a link that climbs out", members: [link("a", "../x")], says: /leads out/ },
            {
                reason: "a link that climbs out through another one",
                members: [link("a/b/s", "../.."), link("t", "a/b/s/../x")],
                says: /leads out/,
            },
            { reason: "a file through a link", members: [link("a", "."), file("a/b")], says: /"a" is a symbolic link/ },
            {
                reason: "a link in a link's place",
                members: [link("a", "b"), link("a", "c")],
                says: /of that name already/,
            },
            { reason: "a file in a link's place", members: [link("a", "b"), file("a")], says: /of that name already/ },
            { reason: "a file twice", members: [file("a"), file("./a")], says: /of that name already/ },
            { reason: "a directory in a file's place", members: [file("a"), file("a/b")], says: /"a" is a file/ },
            { reason: "a hard link to what lies outside", members: [hard("a", "/etc/passwd")], says: /absolute/ },
            { reason: "a hard link that climbs", members: [hard("a", "../../etc/passwd")], says: /climbs/ },
            { reason: "a hard link to a link", members: [link("a", "b"), hard("c", "a")], says: /no earlier file/ },
            { reason: "a hard link to nothing", members: [hard("a", "b")], says: /no earlier file/ },
            { reason: "a character device", members: [{ path: "null", type: "3" }], says: /neither a file/ },
            { reason: "a block device", members: [{ path: "sda", type: "4" }], says: /neither a file/ },
            { reason: "a named pipe", members: [{ path: "pipe", type: "6" }], says: /neither a file/ },
            { reason: "a sparse file", members: [{ path: "a", type: "S" }], says: /sparse file/ },
            { reason: "a path with half a million parents", members: long("a/".repeat(500_000)), says: /4095 bytes/ },
            { reason: "a path no system takes", members: long("directory/".repeat(500)), says: /4095 bytes/ },
            { reason: "a name no file system takes", members: long("\u00e9".repeat(128)), says: /255 bytes/ },
            {
                reason: "a name that is not UTF-8",
                members: [{ path: "././@LongLink", type: "L", bytes: Buffer.from([0xe9]) }, file("short")],
                says: /not UTF-8/,
            },
        ] as { reason: string; members: TarMember[]; says: RegExp }[]) {
            it(`is refused, and nothing is left: ${reason}`, async () => {
                const error = await refused(makeTar([file("good"), ...members]));
                assert.equal(error.code, "unsafe-image");
                assert.match(error.message, says);
                assert.deepEqual(readdirSync(workspace.path).sort(), ["archive", "target"]);
            });
        }
    });

    it("that is none is refused as such, whatever it is [C11]", async () => {
        for (const bytes of [Buffer.from("hello"), gzipSync("hello"), Buffer.alloc(0), Buffer.alloc(4096, 7)]) {
            assert.ok(
                ["not-an-image", "empty-source"].includes((await refused(bytes)).code),
                bytes.toString("hex", 0, 8),
            );
        }
    });

    it("that ends too early leaves nothing", async () => {
        const whole = makeTar([{ path: "a", bytes: Buffer.alloc(10_000, 1) }]);
        assert.equal((await refused(whole.subarray(0, 5000))).code, "truncated");
        assert.notEqual((await refused(gzipSync(whole).subarray(0, 40))).code, "failed");
    });

    it("with another checksum is refused after it was unpacked, and gone again [M33]", async () => {
        const bytes = makeTar([{ path: "a", bytes: Buffer.from("x") }]);
        const error = await refused(bytes, { checksum: parseChecksum(`sha256:${"0".repeat(64)}`) });
        assert.equal(error.code, "checksum-mismatch");
        await bring(bytes, { checksum: parseChecksum(`sha256:${sha256(bytes)}`) });
        assert.equal(readFileSync(join(workspace.target, "a"), "utf8"), "x");
    });

    it("larger than its room is refused as soon as that shows, also from within a compression", async () => {
        const bytes = gzipSync(makeTar([{ path: "a", bytes: Buffer.alloc(2_000_000) }]));
        assert.equal((await refused(bytes, { size: 1_000_000 })).code, "too-large");
    });

    it("is left alone when it is cancelled", async () => {
        const controller = new AbortController();
        controller.abort();
        const error = await refused(makeTar([{ path: "a" }]), { signal: controller.signal });
        assert.equal(error.code, "cancelled");
    });
});
