// The package as a user has it: packed, installed into an empty project elsewhere by npm and by pnpm, used by the plain command.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { requireTool } from "../tools";
import { clone, emptyProject, npm, type Project, run } from "./project";

const beside = ["@pulumi/pulumi@3", "typescript@5.9", "@types/node@22"];

describe("the packed package", function () {
    this.timeout(600_000);
    let work: string;
    const disk = Buffer.alloc(3 << 20, "what a machine boots from. ");
    let tarball: string;
    let packed: { files: { path: string }[]; size: number };
    let server: Server;
    let url: string;

    before(async () => {
        work = fs.mkdtempSync(path.join(os.tmpdir(), "bootsource-pack-"));
        const { code, out, err } = await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", work], clone);
        assert.equal(code, 0, err);
        [packed] = JSON.parse(out);
        tarball = path.join(work, fs.readdirSync(work)[0]!);
        server = createServer((_, response) => response.end(disk));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.img`;
    });
    after(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        fs.rmSync(work, { recursive: true, force: true });
    });

    it("holds the library and the command, and neither tests nor tools", () => {
        const names = packed.files.map((file) => file.path);
        for (const name of [
            "dist/components/index.js",
            "dist/components/index.d.ts",
            "bin/bootsource.cjs",
            "deploy/cluster-roles.yaml",
            "LICENSE",
            "README.md",
        ]) {
            assert.ok(names.includes(name), `${name} is not in the package`);
        }
        assert.deepEqual(
            names.filter(
                (name) => !/^(dist\/(components|provider)\/|bin\/|deploy\/|package\.json$|README|LICENSE)/.test(name),
            ),
            [],
        );
        assert.ok(packed.size < 1_000_000, `the package is ${packed.size} bytes`);
    });

    // The settings of Pulumi's own templates, today's and yesterday's.
    const managers = {
        npm: { module: "nodenext", moduleResolution: "nodenext" },
        pnpm: { module: "commonjs", moduleResolution: "node" },
    };
    for (const [manager, compiler] of Object.entries(managers)) {
        it(`works in an empty project, installed by ${manager}: up, preview after an edit, destroy`, async function () {
            requireTool(this, "pulumi");
            const project = emptyProject(program(url, "4Mi"), compiler);
            try {
                await install(manager, project, tarball, work);
                await expectOk(project.pulumi("stack", "init", "dev"));
                await expectOk(project.pulumi("config", "set", "bootsource:store", "./store"));

                const up = await expectOk(project.pulumi("up", "--yes"));
                assert.match(up.out, /2 created/);
                const file = JSON.parse((await expectOk(project.pulumi("stack", "output", "--json"))).out)
                    .path as string;
                assert.equal(path.relative(fs.realpathSync(project.directory), file).split(path.sep)[0], "store");
                assert.equal(
                    sum(fs.readFileSync(file)),
                    sum(Buffer.concat([disk], 4 << 20)),
                    "the image, grown by zeros",
                );

                const same = await expectOk(project.pulumi("preview"));
                assert.match(same.out, /2 unchanged/);
                project.write("index.ts", program(url, "8Mi"));
                const edited = await expectOk(project.pulumi("preview"));
                assert.match(edited.out, /1 to update/);
                assert.equal(fs.statSync(file).size, 4 << 20, "a preview touches nothing");

                await expectOk(project.pulumi("destroy", "--yes"));
                assert.equal(fs.existsSync(file), false);
            } finally {
                project.remove();
            }
        });
    }

    it("says in one sentence that a Node is too old, as a library and as a command", async () => {
        const { fetchNode } = require(path.join(clone, "tools/setup/node.cjs")) as {
            fetchNode: (version: string, npm: string[]) => Promise<string>;
        };
        const running = process.env.npm_execpath ?? "";
        const old = await fetchNode("20", running.endsWith("npm-cli.js") ? [process.execPath, running] : ["npm"]);
        const ways = [
            ["-e", 'require("pulumi-bootsource")'],
            [path.join(clone, "bin/bootsource.cjs"), "--help"],
        ];
        for (const args of ways) {
            const { code, err } = await run(old, args, clone);
            assert.notEqual(code, 0);
            const said = err.split("\n").filter((line) => /20\.\d+\.\d+.*(newer|needs)/.test(line));
            assert.equal(said.length, 1, err);
            assert.match(said[0]!, /needs Node(\.js)? 22\.15 or newer/);
            assert.doesNotMatch(err, /^\s+at /m, "no stack");
        }
    });
});

function program(url: string, size: string): string {
    return `import * as bootsource from "pulumi-bootsource";

const image = new bootsource.ImportedImage("image", {
    source: { http: { url: "${url}" } },
    storage: { size: "${size}" },
});

export const path = image.path;
export const digest = image.digest;
`;
}

async function install(manager: string, project: Project, tarball: string, work: string): Promise<void> {
    if (manager === "npm") {
        await expectOk(npm(["install", "--no-audit", "--no-fund", tarball, ...beside], project.directory));
        return;
    }
    await expectOk(npm(["install", "--no-save", "--no-audit", "--prefix", path.join(work, "pnpm"), "pnpm@10"], work));
    const pnpm = path.join(work, "pnpm", "node_modules", "pnpm", "bin", "pnpm.cjs");
    const args = ["add", "--store-dir", path.join(work, "pnpm-store"), tarball, ...beside];
    await expectOk(run(process.execPath, [pnpm, ...args], project.directory, { CI: "true" }));
}

async function expectOk<T extends { code: number | null; out: string; err: string }>(ran: Promise<T>): Promise<T> {
    const { code, out, err } = await ran;
    assert.equal(code, 0, `${out}\n${err}`);
    return ran;
}

function sum(bytes: Buffer): string {
    return createHash("sha256").update(bytes).digest("hex");
}
