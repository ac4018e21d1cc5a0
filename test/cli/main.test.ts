// The command line itself: help that teaches, mistakes that are named, inspection, progress, and Node too old to run.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { describeProgress, showProgress } from "../../provider/cli/progress.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { Workspace } from "../importer/workspace.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { startImageServer } from "../servers/image-server.js";
import { program, runCommand } from "./run-command.js";

describe("bootsource", () => {
    it("teaches by --help, for all and for each command, with examples", async () => {
        for (const [parameters, expected] of [
            [["--help"], /import .*\n.*inspect .*[^]*Examples:/],
            [["import", "--help"], /SOURCE TARGET[^]*Examples:[^]*--checksum ALG:HEX[^]*--force/],
            [["inspect", "--help"], /SOURCE \[flags\][^]*Examples:[^]*--json/],
            [["help", "import"], /Usage: bootsource import/],
        ] as const) {
            const ended = await runCommand(parameters);
            assert.equal(ended.code, 0);
            assert.match(ended.stdout, expected);
        }
        assert.equal((await runCommand([])).code, 2);
    });

    it("tells its version", async () => {
        const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
        assert.equal((await runCommand(["--version"])).stdout, `${version}\n`);
    });

    for (const { reason, parameters, expected } of [
        { reason: "a command that is misspelled", parameters: ["improt"], expected: /perhaps import is meant/ },
        { reason: "a command that is none", parameters: ["frobnicate"], expected: /none of import, inspect/ },
        {
            reason: "a flag that is misspelled",
            parameters: ["import", "a", "b", "--sise", "1Gi"],
            expected: /perhaps --size is meant/,
        },
        {
            reason: "a flag of another command",
            parameters: ["inspect", "a", "--force"],
            expected: /cannot use --force/,
        },
        {
            reason: "a flag without its value",
            parameters: ["import", "a", "b", "--size"],
            expected: /value SIZE is missing/,
        },
        {
            reason: "a flag where a value should be",
            parameters: ["import", "--size", "--force", "a", "b"],
            expected: /value SIZE is missing/,
        },
        {
            reason: "a value for a flag that takes none",
            parameters: ["import", "a", "b", "--force=yes"],
            expected: /takes no value/,
        },
        { reason: "no SOURCE", parameters: ["inspect"], expected: /SOURCE is missing/ },
        { reason: "no TARGET", parameters: ["import", "a"], expected: /TARGET is missing/ },
        {
            reason: "one word too many",
            parameters: ["import", "a", "b", "c"],
            expected: /SOURCE and TARGET and nothing more/,
        },
    ]) {
        it(`names ${reason}, and exits with 2`, async () => {
            const ended = await runCommand(parameters);
            assert.equal(ended.code, 2);
            assert.match(ended.stderr, /^bootsource: invalid-argument: cannot .+\n$/);
            assert.match(ended.stderr, expected);
        });
    }

    it("refuses addresses that it cannot read, and flags that mean nothing for them, in a sentence", async () => {
        for (const words of [
            ["ftp://u:s3cret@host/image"],
            ["docker://u:s3cret@quay.io/image"],
            ["docker://quay.io/UPPER"],
            ["docker:quay.io/image"],
            ["oci-archive:"],
            ["disk.img", "--user", "me"],
            ["disk.img", "--platform", "arm64"],
            ["https://host/image", "--platform", "arm64"],
            ["docker://quay.io/image", "--region", "eu"],
            ["-", "--ca-file", "x.pem"],
        ]) {
            const ended = await runCommand(["inspect", ...words]);
            assert.equal(ended.code, 1, words.join(" "));
            assert.match(ended.stderr, /^bootsource: invalid-argument: [^\n]+\n$/);
            assert.doesNotMatch(ended.stderr, /s3cret/);
        }
    });

    it("names what an archive cannot be told, and leaves a directory alone that is there", async () => {
        const directory = new Workspace();
        try {
            for (const [words, says] of [
                [["a.tar", "x", "--content-type", "tar"], /ContentType not one of: kubevirt, archive/],
                [["a.tar", "x", "--content-type", "archive", "--format", "raw"], /cannot use --format/],
                [["docker://quay.io/a", "x", "--content-type", "archive"], /must be kubevirt when Source is Registry/],
                [["a.tar", directory.path, "--content-type", "archive", "--force"], /it is there already/],
                [["a.img", "x", "--checksum-url", "https://host/SHA256SUMS"], /SOURCE is not on a web server/],
            ] as const) {
                const ended = await runCommand(["import", ...words]);
                assert.equal(ended.code, 1);
                assert.match(ended.stderr, says);
            }
        } finally {
            directory.remove();
        }
    });

    it("says one sentence on a Node that is too old", () => {
        const text = readFileSync(program, "utf8").replace(/^#!.*/, "");
        const said: string[] = [];
        const loaded: string[] = [];
        const start = (node: string): void => {
            const exit = (code: number): never => {
                throw new Error(`exit ${code}`);
            };
            const fake = { versions: { node }, argv: [], stderr: { write: (line: string) => said.push(line) }, exit };
            const load = (name: string) => {
                if (!name.startsWith("node:")) loaded.push(name);
                return { run: () => undefined, enableCompileCache: () => undefined };
            };
            runInNewContext(text, { process: fake, require: load });
        };
        for (const old of ["12.22.0", "20.19.5", "22.14.0"]) assert.throws(() => start(old), /exit 1/);
        assert.equal(said.length, 3);
        assert.match(said[0] ?? "", /^bootsource: cannot run on Node 12\.22\.0: it needs Node 22\.15 or newer; .+\n$/);
        assert.equal(loaded.length, 0);
        for (const good of ["22.15.0", "24.1.0"]) start(good);
        assert.equal(loaded.length, 2);
    });
});

describe("bootsource inspect", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    it("tells format, compression, sizes, and why an image would be refused", async () => {
        const disk = makeDisk(1 << 20);
        const unsafe = makeQcow2(disk, { spoil: (image) => void image.writeBigUInt64BE(512n, 8) });
        const iso = Buffer.alloc(70_000, 1);
        iso.write("CD001", 0x8001);
        for (const { image, expected } of [
            { image: makeQcow2(disk), expected: { format: "qcow2", codecs: [], virtualSize: 1 << 20, refused: null } },
            { image: gzipSync(disk), expected: { format: "raw", codecs: ["gz"], virtualSize: null, refused: null } },
            { image: iso, expected: { format: "iso", codecs: [], virtualSize: 70_000, refused: null } },
        ]) {
            const ended = await runCommand(["inspect", space.write("image", image), "--json"]);
            assert.equal(ended.code, 0, ended.stderr);
            const { format, codecs, virtualSize, refused } = JSON.parse(ended.stdout) as Record<string, unknown>;
            assert.deepEqual({ format, codecs, virtualSize, refused }, expected);
        }
        const told = await runCommand(["inspect", space.write("image", unsafe)]);
        assert.equal(told.code, 0);
        assert.match(told.stdout, /format +qcow2\n/);
        assert.match(told.stdout, /importable +no \(unsafe-image\): .*backing file/);
    });

    it("reads the tables and not the data", async () => {
        const disk = makeDisk(40_000_000, { unit: 65_536 });
        const server = await startImageServer();
        try {
            const url = server.serve("/image", { bytes: makeQcow2(disk, { lateTables: true }), etag: '"one"' });
            const ended = await runCommand(["inspect", url, "--json"]);
            assert.equal((JSON.parse(ended.stdout) as { virtualSize: number }).virtualSize, disk.length);
            assert.ok(server.sent.bytes < 1_000_000, `${server.sent.bytes} bytes were sent`);
        } finally {
            await server.close();
        }
    });
});

describe("progress of the command", () => {
    it("says bytes, share, rate and what remains", () => {
        assert.equal(
            describeProgress({ transferred: 512 * 2 ** 20, total: 2 ** 30 }, 4),
            "512 MiB of 1 GiB (50%), 128 MiB/s, 0:04 left",
        );
        assert.equal(describeProgress({ transferred: 2 ** 20, total: undefined }, 2), "1 MiB, 512 KiB/s");
        assert.equal(describeProgress({ transferred: 0, total: 100 }, 0), "0 B of 100 B (0%)");
        assert.match(describeProgress({ transferred: 1, total: 7300 }, 1), /2:01:39 left$/);
    });

    it("draws a bar on a terminal and takes it away; elsewhere it says a line now and then", () => {
        const clock = new HurryClock();
        const terminal: string[] = [];
        const bar = showProgress({ isTTY: true, columns: 60, write: (text: string) => terminal.push(text) > 0 }, clock);
        clock.pass(1000);
        bar.show({ transferred: 50, total: 100 });
        bar.end();
        assert.match(terminal[0] ?? "", /^\r\x1b\[K\[#{12}-{12}\] 50 B of 100 B \(50%\)/);
        assert.equal(terminal.at(-1), "\r\x1b[K");
        assert.ok((terminal[0] ?? "").length <= 60 + 4);

        const lines: string[] = [];
        const plain = showProgress({ write: (text: string) => lines.push(text) > 0 }, clock);
        for (let second = 0; second < 12; second += 1) {
            clock.pass(1000);
            plain.show({ transferred: second, total: 100 });
        }
        plain.end();
        assert.equal(lines.length, 2);
        assert.match(lines[0] ?? "", /^4 B of 100 B \(4%\).*\n$/);
    });
});
