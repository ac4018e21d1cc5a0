// The tar reader against archives that tar(1) makes in each of its formats, and against headers made by hand to mislead it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
    linkSync,
    mkdirSync,
    mkdtempSync,
    rmSync,
    symlinkSync,
    truncateSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bytes } from "../../../provider/importer/contract.js";
import { readTar } from "../../../provider/importer/tar/read-tar.js";
import { makeDisk, seededRandom } from "../../images/disk.js";
import { makeTar, tarBlock, type TarMember } from "../../images/tar.js";
import { requireTool } from "../../tools.js";
import { sha256 } from "../workspace.js";

const disk = makeDisk(300_001, { seed: 51 });
const longName = `${"a-directory-with-a-name/".repeat(9)}disk.img`;

describe("tar reader", () => {
    for (const format of ["ustar", "gnu", "pax", "v7"] as const) {
        it(`reads what tar(1) writes as ${format}, however the stream is cut`, function () {
            const archive = byTar(requireTool(this, "tar"), format);
            return readsTree(archive, format);
        });
    }

    it("reads a file that is larger than octal digits can tell, because images are", async () => {
        const size = 9 * 2 ** 30;
        const header = tarBlock({ path: "disk.img", bytes: Buffer.alloc(0), size });
        async function* large(): Bytes {
            yield header;
            const chunk = Buffer.alloc(2 ** 24);
            for (let left = size; left > 0; left -= chunk.length) yield chunk;
            yield Buffer.alloc(1024);
            await Promise.resolve();
        }
        for await (const entry of readTar(large(), "the-archive")) {
            assert.equal(entry.size, size);
            let count = 0;
            for await (const chunk of entry.bytes) count += chunk.length;
            assert.equal(count, size);
        }
    });

    it("says where each file begins, and skips what is not asked for", async () => {
        const archive = makeTar([
            { path: "one", bytes: Buffer.from("one") },
            { path: "two", bytes: disk },
        ]);
        const found: string[] = [];
        for await (const { path, offset, size } of readTar(cut(archive, 2), "the-archive")) {
            found.push(path);
            if (path === "two") assert.ok(archive.subarray(offset, offset + size).equals(disk));
        }
        assert.deepEqual(found, ["one", "two"]);
    });

    it("says that a file is stored sparse, because its bytes are then not the file", async function () {
        const tar = requireTool(this, "tar");
        const directory = mkdtempSync(join(tmpdir(), "bootsource-tar-"));
        try {
            const path = join(directory, "disk.img");
            writeFileSync(path, "begin");
            truncateSync(path, 2 ** 24);
            for (const format of ["--format=gnu", "--format=pax"]) {
                const archive = execFileSync(tar, ["-c", "-S", format, "-C", directory, "disk.img"]);
                const [entry] = await entriesOf(archive);
                assert.equal(entry?.path, "disk.img");
                assert.equal(entry.sparse, true, format);
                assert.ok(entry.bytes.length < 2 ** 20);
            }
        } finally {
            rmSync(directory, { recursive: true });
        }
    });

    it("takes one block of zeros for the end, as some tools write it, and reads the padding through", async () => {
        const whole = makeTar([{ path: "disk.img", bytes: disk }]);
        for (const archive of [whole.subarray(0, whole.length - 512), Buffer.concat([whole, Buffer.alloc(30_000)])]) {
            let taken = 0;
            async function* counted(): Bytes {
                for await (const chunk of cut(archive, 3)) {
                    taken += chunk.length;
                    yield chunk;
                }
            }
            for await (const entry of readTar(counted(), "the-archive")) assert.equal(entry.path, "disk.img");
            assert.equal(taken, archive.length);
        }
    });

    it("gives file data as it came, without a copy", async () => {
        const archive = makeTar([{ path: "disk.img", bytes: disk }]);
        async function* one(): Bytes {
            await Promise.resolve();
            yield archive;
        }
        for await (const entry of readTar(one(), "the-archive")) {
            for await (const chunk of entry.bytes) assert.equal(chunk.buffer, archive.buffer);
        }
    });

    it("ends its input when its reader stops early", async () => {
        let ended = false;
        async function* watched(): Bytes {
            try {
                yield* cut(makeTar([{ path: "disk.img", bytes: disk }]), 1);
            } finally {
                ended = true;
            }
        }
        for await (const entry of readTar(watched(), "the-archive")) {
            assert.equal(entry.size, disk.length);
            break;
        }
        assert.equal(ended, true);
    });

    const file: TarMember = { path: "disk.img", bytes: disk };
    const whole = makeTar([file, { path: "more", bytes: Buffer.from("more") }]);
    const pax = (text: string): Buffer => makeTar([{ path: "x", type: "x", bytes: Buffer.from(text) }, file]);
    for (const [reason, code, archive] of [
        ["no bytes at all", "not-an-image", Buffer.alloc(0)],
        ["a page of a web server", "not-an-image", Buffer.from("<html>not here</html>".repeat(90))],
        ["an archive cut within a header", "truncated", whole.subarray(0, 302_000)],
        ["an archive cut within a file", "truncated", whole.subarray(0, 200_000)],
        ["an archive without its end mark", "truncated", whole.subarray(0, whole.length - 1024)],
        ["data behind the end mark", "corrupt-image", Buffer.concat([whole.subarray(0, -512), whole])],
        ["a second header with a wrong checksum", "corrupt-image", changed(whole, 301_600)],
        ["a size below zero", "corrupt-image", spoiled(124, Buffer.alloc(12, 0xff))],
        [
            "a size beyond all numbers",
            "corrupt-image",
            spoiled(124, Buffer.concat([Buffer.of(0x80), Buffer.alloc(11, 0xff)])),
        ],
        ["a size that is no number", "corrupt-image", spoiled(124, Buffer.from("12x4\0"))],
        [
            "names of 2 MiB",
            "limit-exceeded",
            makeTar([{ path: "L", type: "L", bytes: Buffer.alloc(2 ** 21, 97) }, file]),
        ],
        ["pax records of 2 MiB", "limit-exceeded", pax(" ".repeat(2 ** 21))],
        ["a pax record that reaches out of its header", "corrupt-image", pax("99 path=a\n")],
        ["a pax record without a length", "corrupt-image", pax("path=a\n")],
        ["a pax record of no length", "corrupt-image", pax("0 path=a\n")],
        ["a pax size below zero", "corrupt-image", pax("11 size=-5\n")],
        ["a pax size that is no number", "corrupt-image", pax("13 size=0x10\n")],
        ["a pax path with a zero byte in it", "corrupt-image", pax("12 path=a\0b\n")],
        ["an entry without a name", "corrupt-image", makeTar([{ path: "", bytes: disk }])],
    ] as const) {
        it(`refuses ${reason}`, async () => {
            for (const seed of [1, 2]) {
                await assert.rejects(
                    async () => {
                        for await (const entry of readTar(cut(archive, seed), "the-archive")) {
                            for await (const chunk of entry.bytes) assert.ok(chunk.length > 0);
                        }
                    },
                    { code, message: /^cannot unpack the-archive: .+; .+/ },
                );
            }
        });
    }

    it("ends with entries or a refusal wherever a header is damaged", async () => {
        const random = seededRandom(5);
        for (let round = 0; round < 400; round += 1) {
            const block = Buffer.from(tarBlock({ path: "disk.img", bytes: disk }));
            for (let count = 0; count < 3; count += 1) block[random() % 512] = random() & 0xff;
            const archive = Buffer.concat([withChecksum(block), whole.subarray(512)]);
            try {
                for await (const entry of readTar(cut(archive, round), "the-archive")) {
                    assert.ok(entry.size >= 0 && entry.path !== "");
                }
            } catch (thrown) {
                assert.match(String(thrown), /cannot unpack the-archive/);
            }
        }
    });
});

function changed(archive: Buffer, at: number): Buffer {
    const copy = Buffer.from(archive);
    copy[at] = (copy[at] ?? 0) ^ 0x55;
    return copy;
}

function spoiled(at: number, bytes: Buffer): Buffer {
    const block = Buffer.from(tarBlock({ path: "disk.img", bytes: disk }));
    bytes.copy(block, at);
    return Buffer.concat([withChecksum(block), disk, Buffer.alloc(2048)]);
}

function withChecksum(block: Buffer): Buffer {
    block.fill(0x20, 148, 156);
    block.write(
        `${block
            .reduce((sum, byte) => sum + byte, 0)
            .toString(8)
            .padStart(6, "0")}\0 `,
        148,
        "latin1",
    );
    return block;
}

/** An archive of a small tree, made by the real program. */
function byTar(tar: string, format: string): Buffer {
    const directory = mkdtempSync(join(tmpdir(), "bootsource-tar-"));
    try {
        // v7 and ustar cannot hold every name; what they can is what they are asked for.
        const name = nameFor(format);
        mkdirSync(join(directory, name, ".."), { recursive: true });
        writeFileSync(join(directory, name), disk, { mode: 0o640 });
        utimesSync(join(directory, name), 1_600_000_000, 1_600_000_000.5);
        writeFileSync(join(directory, "zero"), "");
        symlinkSync(linkedFor(format), join(directory, "link"));
        linkSync(join(directory, linkedFor(format)), join(directory, "same"));
        const owner = ["--owner=disk:107", "--group=kvm:36", "--numeric-owner", "--no-recursion"];
        const parameters = [
            "-c",
            `--format=${format}`,
            ...owner,
            "-C",
            directory,
            `./${name}`,
            "./zero",
            "link",
            "same",
            ".",
        ];
        return execFileSync(tar, parameters, { maxBuffer: 2 ** 26 });
    } finally {
        rmSync(directory, { recursive: true });
    }
}

function nameFor(format: string): string {
    if (format === "v7") return "disk/disk.img";
    return format === "ustar" ? longName.slice(0, 24 * 5) + "disk.img" : `${longName}-äöü`;
}

/** In v7 and ustar what a link leads to has no more than 100 bytes. */
function linkedFor(format: string): string {
    return format === "ustar" ? "zero" : nameFor(format);
}

async function readsTree(archive: Buffer, format: string): Promise<void> {
    for (const seed of [1, 2, 3]) {
        const entries = await entriesOf(archive, seed);
        const [first, zero, link, same, root] = entries;
        assert.equal(first?.path, `./${nameFor(format)}`);
        assert.equal(first.type, "file");
        assert.equal(sha256(first.bytes), sha256(disk));
        assert.deepEqual([first.uid, first.gid, first.mode], [107, 36, 0o640]);
        assert.equal(first.mtime, format === "pax" ? 1_600_000_000.5 : 1_600_000_000);
        assert.deepEqual([link?.type, link?.path, link?.linkPath], ["symlink", "link", linkedFor(format)]);
        assert.deepEqual([same?.type, same?.path, same?.size], ["link", "same", 0]);
        assert.equal(same?.linkPath, `./${linkedFor(format)}`);
        assert.deepEqual([zero?.type, zero?.size], ["file", 0]);
        assert.deepEqual([root?.type, root?.path], ["directory", "."]);
    }
}

async function entriesOf(archive: Buffer, seed = 1) {
    const entries = [];
    for await (const entry of readTar(cut(archive, seed), "the-archive")) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of entry.bytes) chunks.push(new Uint8Array(chunk));
        entries.push({ ...entry, bytes: Buffer.concat(chunks) });
    }
    return entries;
}

/** The same bytes in chunks of irregular length. */
async function* cut(bytes: Buffer, seed: number): Bytes {
    const random = seededRandom(seed);
    for (let at = 0; at < bytes.length;) {
        const length = random() % 3 === 0 ? 1 + (random() % 600) : 1 + (random() % 40_000);
        await Promise.resolve();
        yield bytes.subarray(at, at + length);
        at += length;
    }
}
