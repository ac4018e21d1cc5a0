// The example of the agent as a service: systemd itself reads the unit where it is there, and what makes it safe is in it anyway.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "../../provider/cli/commands.js";
import { findTool } from "../tools.js";

const unit = join(__dirname, "..", "..", "..", "examples", "agent", "bootsource-agent.service");

describe("the example of the agent as a service", () => {
    const text = readFileSync(unit, "utf8");
    const settings = text.split("\n").filter((line) => line !== "" && !/^[#[]/.test(line));

    it("runs the agent with flags that it has, as a user of its own that can write to the store alone", () => {
        const [, words = ""] = /^ExecStart=bootsource agent (.*)$/m.exec(text) ?? [];
        for (const [, flag = ""] of words.matchAll(/--([a-z-]+)/g))
            assert.ok(Object.hasOwn(commands.agent.flags, flag), flag);
        for (const expected of [
            "User=bootsource",
            "ProtectSystem=strict",
            "ReadWritePaths=%S/bootsource",
            "NoNewPrivileges=yes",
            "CapabilityBoundingSet=",
            "Restart=on-failure",
        ])
            assert.ok(settings.includes(expected), expected);
    });

    it("has nothing in it that systemd would not read", function () {
        for (const line of settings) assert.match(line, /^[A-Z][A-Za-z]+=\S?.*$/, line);
        const verify = findTool("systemd-analyze");
        if (verify === undefined) this.skip();
        const directory = mkdtempSync(join(tmpdir(), "bootsource-unit-"));
        try {
            // The program is looked for as well: one that is there stands in for it.
            const copy = join(directory, "bootsource-agent.service");
            writeFileSync(copy, text.replace("ExecStart=bootsource", `ExecStart=${process.execPath}`));
            const { status, stderr } = spawnSync(verify, ["verify", "--man=no", copy], { encoding: "utf8" });
            const told = stderr.split("\n").filter((line) => line.includes("bootsource-agent.service"));
            assert.deepEqual([status, told], [0, []], stderr);
        } finally {
            rmSync(directory, { recursive: true, force: true });
        }
    });
});
