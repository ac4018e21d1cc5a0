// A control plane whose tests are killed: its servers and its directory go all the same.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { requirePrograms } from "./programs.js";
import { until } from "./until.js";

describe("a control plane whose tests are killed", function () {
    this.timeout(180_000);

    it("takes its servers and its files with it", async function () {
        await requirePrograms(this);
        const harness = path.join(__dirname, "control-plane.js");
        const script = `
            const { startControlPlaneOfProgram } = require(${JSON.stringify(harness)});
            startControlPlaneOfProgram().then(({ url, directory }) => {
                console.log(JSON.stringify({ url, directory }));
                setInterval(() => {}, 1000);
            });`;
        const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
        let out = "";
        child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
        const told = await until("the control plane runs", () => {
            assert.equal(child.exitCode, null, "the process ended");
            return out.endsWith("\n") ? (JSON.parse(out) as { url: string; directory: string }) : undefined;
        });
        const answers = (): Promise<boolean> =>
            fetch(told.url.replace("https:", "http:")).then(
                () => true,
                () => false,
            );
        assert.ok(existsSync(told.directory));
        assert.ok(await answers(), "the API server listens");

        child.kill("SIGKILL");
        await until("its directory is gone", () => !existsSync(told.directory));
        assert.equal(await answers(), false, "nobody listens any more");
    });
});
