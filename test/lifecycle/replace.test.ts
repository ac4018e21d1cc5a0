// Replacements where old and new are the same object: the delete that follows must not find what the create has just made.
import * as assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import type { Data } from "../../provider/resources/contract.js";
import { rawDisk, sha256 } from "../engine/disks.js";
import { sha256Of } from "../engine/project.js";
import { type Kept, type Run, urnOf } from "./engine.js";
import { http, useLifecycle } from "./fixture.js";

describe("a replacement", function () {
    this.timeout(60_000);
    const fixture = useLifecycle();
    const { run } = fixture;

    /** The first half of what the engine does for `--replace`, `replaceOnChanges` or a new image: check, and create. */
    const replace = async (started: Run, args: Data, kept: Kept): Promise<Kept> => {
        const request = { kind: "ImportedImage", urn: urnOf("disk"), preview: false, news: args } as const;
        await started.session.check({ ...request, olds: kept.inputs });
        const { inputs } = await started.session.check({ ...request, olds: {} });
        return { ...(await started.session.create("ImportedImage", inputs)), inputs };
    };

    for (const [name, more] of Object.entries({ "its default name": {}, "a name of its own": { name: "golden" } })) {
        it(`of an image by itself, under ${name}, brings it in anew and keeps it`, async () => {
            const disk = rawDisk("itself");
            const args = http(fixture.web.serve("/itself.img", disk), more);
            const kept = await run().up(args);
            const asked = fixture.web.requests.length;
            const started = run();
            const made = await replace(started, args, kept);
            await started.session.delete("ImportedImage", kept.state);
            assert.equal(made.state["path"], kept.state["path"]);
            assert.equal(sha256Of(String(made.state["path"])), sha256(disk));
            assert.ok(fixture.web.requests.length > asked, "whoever asks for a replacement gets a new disk");
        });
    }

    it("of an image by itself does not lose what a guest wrote, unless it is forced", async () => {
        const disk = rawDisk("written");
        const args = http(fixture.web.serve("/written.img", disk));
        const kept = await run().up(args);
        const file = String(kept.state["path"]);
        writeFileSync(file, "the guest wrote this", { flag: "r+" });
        await assert.rejects(replace(run(), args, kept), /written to since the import/);
        assert.notEqual(sha256Of(file), sha256(disk));
        await replace(run(), { ...args, force: true }, kept);
        assert.equal(sha256Of(file), sha256(disk));
    });

    it("that goes back to an image whose delete is still due takes it up, and keeps it", async () => {
        const [one, two] = ["one", "two"].map((name) => http(fixture.web.serve(`/${name}.img`, rawDisk(name))));
        assert.ok(one !== undefined && two !== undefined);
        const first = await run().up(one);
        const second = await replace(run(), two, first);
        const asked = fixture.web.requests.length;
        const started = run();
        const back = await replace(started, one, second);
        for (const due of [second, first]) await started.session.delete("ImportedImage", due.state);
        assert.ok(existsSync(String(back.state["path"])), "the first image is the current one again");
        assert.equal(existsSync(String(second.state["path"])), false);
        assert.equal(fixture.web.requests.length, asked, "nothing was downloaded");
    });
});
