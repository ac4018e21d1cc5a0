// `npm test` itself: its last line counts, and on a build server a skipped test is a failure.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../package/project";
import { clone, Sandbox } from "./sandbox";

describe("npm test", function () {
    this.timeout(60_000);
    let sandbox: Sandbox;
    beforeEach(() => (sandbox = new Sandbox()));
    afterEach(() => {
        sandbox.remove();
    });

    const test = async (content: string, env: NodeJS.ProcessEnv = { CI: "" }) => {
        const file = path.join(sandbox.root, "sample.test.js");
        fs.writeFileSync(file, content);
        const { code, out } = await run(process.execPath, [path.join(clone, "tools", "test.cjs"), file], clone, env);
        return { code, last: out.trimEnd().split("\n").at(-1), out };
    };
    const passing = 'it("passes", () => {});';
    const skipped = 'it("is skipped", function () { this.skip(); });';

    it("counts in its last line", async () => {
        const good = await test(passing);
        assert.deepEqual([good.code, good.last], [0, "1 passed, 0 failed, 0 skipped"]);
        const bad = await test(`${passing} it("fails", () => { throw new Error("broken"); }); ${skipped}`);
        assert.deepEqual([bad.code, bad.last], [1, "1 passed, 1 failed, 1 skipped"]);
    });

    it("takes a skipped test for a failure on a build server only", async () => {
        const local = await test(passing + skipped);
        assert.deepEqual([local.code, local.last], [0, "1 passed, 0 failed, 1 skipped"]);
        const server = await test(passing + skipped, { CI: "true" });
        assert.deepEqual([server.code, server.last], [1, "1 passed, 0 failed, 1 skipped"]);
        assert.match(server.out, /skipped: is skipped\nfailed: with CI=true nothing may be skipped/);
    });

    it("ends nothing of a suite that was skipped for want of a tool, and all of one that was not", async () => {
        const suite = (tool: string): string => `describe("a suite", () => {
            const { afterwards, requireTool } = require(${JSON.stringify(path.join(clone, "dist", "test", "tools.js"))});
            let server;
            before(function () {
                requireTool(this, "${tool}");
                server = { close: () => console.log("closed") };
                afterwards(this, () => server.close());
            });
            ${passing}
        });`;
        const skips = await test(suite("no-such-program"));
        assert.deepEqual([skips.code, skips.last], [0, "0 passed, 0 failed, 1 skipped"]);
        assert.doesNotMatch(skips.out, /closed/);
        const runs = await test(suite("sh"));
        assert.deepEqual([runs.code, runs.last], [0, "1 passed, 0 failed, 0 skipped"]);
        assert.match(runs.out, /closed/);
    });

    it("fails when the tests cannot be loaded or mocha dies", async () => {
        const broken = await test('throw new Error("no such module");');
        assert.deepEqual([broken.code, broken.last], [1, "0 passed, 1 failed, 0 skipped"]);
        const died = await test('it("dies", () => process.kill(process.pid, "SIGKILL"));');
        assert.deepEqual([died.code, died.last], [1, "0 passed, 1 failed, 0 skipped"]);
    });
});
