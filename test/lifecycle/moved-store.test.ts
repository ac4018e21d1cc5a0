// What users do to a store's directory behind our back: move it, copy it, remove its database.
import * as assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { connectStore } from "../../provider/connect.js";
import { systemClock } from "../../provider/model/clock.js";
import { rawDisk, sha256 } from "../engine/disks.js";
import { sha256Of } from "../engine/project.js";
import { startRun } from "./engine.js";
import { http, useLifecycle } from "./fixture.js";

describe("a store whose directory was touched", function () {
    this.timeout(60_000);
    const fixture = useLifecycle();
    const { run } = fixture;

    it("may be moved: its disks are found and kept", async () => {
        const disk = rawDisk("moved");
        const kept = await run().up(http(fixture.web.serve("/moved-store.img", disk)));
        const elsewhere = `${fixture.store}-elsewhere`;
        renameSync(fixture.store, elsewhere);
        const moved = startRun(elsewhere);
        const seen = await moved.session.read("ImportedImage", kept.id, kept.state);
        assert.equal(sha256Of(String(seen?.state["path"])), sha256(disk), "a refresh tells the new path");
        assert.equal(seen?.state["modified"], false, "and that nothing was written");
        await moved.session.delete("ImportedImage", kept.state);
        await moved.close();
        assert.equal(existsSync(String(seen.state["path"])), false);
    });

    it("may be copied: what is destroyed in the copy stays in the original", async () => {
        const kept = await run().up(http(fixture.web.serve("/copied.img", rawDisk("copied"))));
        const copy = `${fixture.store}-copy`;
        cpSync(fixture.store, copy, { recursive: true, preserveTimestamps: true });
        const copied = startRun(copy);
        await copied.session.delete("ImportedImage", { ...kept.state, force: true });
        await copied.close();
        assert.ok(existsSync(String(kept.state["path"])), "the original's disk");
        assert.equal(existsSync(path.join(copy, "volumes", "local", kept.id, "disk.img")), false, "the copy's disk");
    });

    it("keeps what a guest wrote where the database was lost", async () => {
        const args = http(fixture.web.serve("/lost.img", rawDisk("lost")));
        const first = run();
        const kept = await first.up(args);
        await first.close();
        const file = String(kept.state["path"]);
        writeFileSync(file, "the guest wrote this", { flag: "r+" });
        rmSync(path.join(fixture.store, "store.db"));
        await assert.rejects(run().up(args), /a file lies there that the store knows nothing of; move it away/);
        assert.equal(readFileSync(file).subarray(0, 20).toString(), "the guest wrote this");
        renameSync(file, `${file}.saved`);
        const again = await run().up(args);
        assert.equal(sha256Of(String(again.state["path"])), sha256(rawDisk("lost")));
    });

    it("may be named with a tilde, as in a shell", () => {
        const options = { clock: systemClock, warn: () => undefined, directory: "/" };
        const reached = connectStore({ store: "~/images" }, options);
        assert.equal(reached.cluster.name, `the store ${path.join(homedir(), "images")}`);
        assert.equal(reached.upstream.resolvePath("~"), homedir());
    });
});
