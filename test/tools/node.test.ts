// The right Node: which versions will do, and what is said where another one cannot be had.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { clone, loadSetup, Sandbox } from "./sandbox";

const { isNewEnough } = loadSetup("node") as { isNewEnough: (version: string) => boolean };
const script = (body: string) =>
    `const setup = require(${JSON.stringify(path.join(clone, "tools/setup/node.cjs"))}); ${body}`;

describe("the set-up's Node", () => {
    let sandbox: Sandbox;
    beforeEach(() => (sandbox = new Sandbox()));
    afterEach(() => {
        sandbox.remove();
    });

    it("is the one that runs us from 22.15 on", () => {
        const wanted = {
            "v14.21.3": false,
            "v20.20.2": false,
            "v22.14.0": false,
            "v22.15.0": true,
            "v24.0.0": true,
            "v100.1.0": true,
        };
        for (const [version, enough] of Object.entries(wanted)) assert.equal(isNewEnough(version), enough, version);
    });

    const old = 'Object.defineProperty(process, "version", { value: "v20.1.0" });';

    it("is fetched from npm where ours is too old, and then runs the same script", () => {
        sandbox.pretendNpm(`const name = process.argv.pop().replace(/@.*/, ""); const bin = path.join(prefix, "node_modules", name, "bin");
            fs.mkdirSync(bin, { recursive: true }); fs.symlinkSync(process.execPath, path.join(bin, "node"));`);
        const file = path.join(sandbox.root, "task.cjs");
        fs.writeFileSync(
            file,
            script(
                "setup.withRightNode(__filename, async () => { console.log(process.env.PATH, process.argv[2]); return 7; })",
            ),
        );
        const ran = sandbox.run(
            `${old} process.argv.splice(1, 0, ${JSON.stringify(file)}); process.argv[2] = "word"; require(process.argv[1])`,
        );
        assert.equal(ran.code, 7, ran.err);
        assert.match(ran.out, /pulumi-bootsource\/node\/24-[a-z0-9-]+\/node_modules\/node-[a-z0-9-]+\/bin:.* word\n/);
        assert.match(
            ran.err,
            /^setup: Node 22\.15 or newer is needed \(this is v20\.1\.0\): fetching Node 24 from npm/,
        );
    });

    it("cannot be fetched without a network: one sentence says so, and nothing half fetched stays", () => {
        const ran = sandbox.run(script(`${old} setup.withRightNode("x", async () => 0)`));
        assert.equal(ran.code, 1);
        assert.match(
            ran.err,
            /npm could not fetch Node 24: code ENOTFOUND; connect to the network, or install Node 24\n$/,
        );
        assert.doesNotMatch(ran.err, / at .*\.cjs/);
        assert.deepEqual(fs.readdirSync(path.join(sandbox.cache, "partial")), []);
    });
});
