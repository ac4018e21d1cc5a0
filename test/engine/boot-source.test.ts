// BootSource by the real engine, a real registry and a real store: first import, newer images, who moves them, rollback, delete.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import * as path from "node:path";
import type * as bootsource from "../../components/index.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { requireTool } from "../tools.js";
import { digestOf, diskOf, hashOf, imageOf, program, toldBy } from "./boot-source-program.js";
import { useEngine } from "./fixture.js";
import { sha256Of, stateOf } from "./project.js";

/** Due at every run: between two of them lies more than a second. */
const always = "@every 1s";

describe("BootSource by the real engine", function () {
    this.timeout(240_000);
    const engine = useEngine();
    let serving: string;
    let registry: Registry;
    let closing: Promise<void> | undefined;
    let repositories = 0;
    let repository = "";
    before(function () {
        serving = requireTool(this, "docker-registry");
    });
    beforeEach(async () => {
        registry = await startRegistry(serving);
        repository = `fedora-${repositories++}`;
        closing = undefined;
    });
    afterEach(() => closing ?? registry.close());

    const publish = (number: number, other = 0) => registry.push(repository, "latest", imageOf(number, other));
    const args = (more: Partial<bootsource.BootSourceArgs> = {}): bootsource.BootSourceArgs => ({
        source: { registry: { url: `docker://${registry.host}/${repository}:latest` } },
        ...more,
    });
    const config = () => ({ insecureRegistries: JSON.stringify([registry.host]) });
    const run = (operation: "up" | "preview" | "refresh" | "destroy", given?: bootsource.BootSourceArgs) =>
        engine.project.run(operation, given && program(given), { config: config() });

    it("imports what a tag leads to, on a schedule of its own, and previews and refreshes clean [A2, A3, A36, A72]", async () => {
        await publish(0);
        const preview = await run("preview", args());
        assert.deepEqual(preview.steps["fedora"], ["create"]);
        assert.match(
            preview.text,
            /imports boot source default\/fedora \(fedora-[0-9a-f]{12}\) from docker:.*to download/,
        );
        assert.ok(!existsSync(engine.project.store), "a preview makes nothing");
        const told = toldBy(await run("up"));
        assert.deepEqual(told.dataSource, { namespace: "default", name: "fedora" });
        assert.equal(told.digest, digestOf(imageOf(0)), "the index's digest, as CDI's poller records it");
        assert.equal(sha256Of(told.path), hashOf(diskOf(0)), "the disk holds what the image holds");
        assert.deepEqual([told.ready, told.upToDate, told.sourceFormat], [true, true, "pvc"]);
        assert.deepEqual([told.storageClass, told.why], ["local", "the cluster's default"]);
        const link = path.join(engine.project.store, "sources", "default", "fedora.img");
        assert.equal(realpathSync(link), realpathSync(told.path), "the store's link leads to the current disk");
        assert.deepEqual((await run("up")).steps["fedora"], ["same"]);
        assert.deepEqual((await run("refresh")).steps["fedora"], ["refresh"]);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"], "nothing has drifted");
    });

    it("without an agent the stack asks once a tick has passed; a moved tag is a diff, a rebuild for another platform is none [A4, A5, A6]", async () => {
        await publish(0);
        toldBy(await run("up", args({ schedule: always })));
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        await publish(0, 1);
        assert.deepEqual((await run("up")).steps["fedora"], ["same"], "this platform's image is the same");
        await publish(1);
        const preview = await run("preview");
        assert.deepEqual(preview.steps["fedora"], ["update"]);
        assert.match(preview.text, /serves until the new one is ready/);
        const told = toldBy(await run("up"));
        assert.equal(sha256Of(told.path), hashOf(diskOf(1)));
        assert.deepEqual(
            told.imports.map(({ current, digest }) => [current, digest]),
            [
                [true, digestOf(imageOf(1))],
                [false, digestOf(imageOf(0))],
            ],
        );
        const weekly = await run("preview", args({ schedule: "0 0 * * 0" }));
        assert.deepEqual(weekly.steps["fedora"], ["update"], "another schedule is an update");
        assert.doesNotMatch(weekly.text, /download/, "that imports nothing");
    });

    it("reviewed, does what was shown, whatever the tag leads to by then; also held to a plan", async () => {
        await publish(0);
        toldBy(await run("up", args({ updates: "reviewed" })));
        await publish(1);
        const shown = await run("preview");
        assert.match(shown.text, new RegExp(digestOf(imageOf(1)).slice(0, 25)), "the preview shows the digest");
        await publish(2);
        // The Automation API always skips the preview of an update: what counts is the one above.
        assert.equal(toldBy(await run("up")).digest, digestOf(imageOf(1)), "what was shown is what is done");
        const plan = path.join(engine.project.directory, "plan.json");
        const planned = await engine.project.run("preview", undefined, { config: config(), plan });
        assert.equal(planned.failure, undefined, planned.failure);
        await publish(3);
        const held = await engine.project.run("up", undefined, { config: config(), plan });
        assert.equal(toldBy(held).digest, digestOf(imageOf(2)), "the plan's digest");
        assert.equal(toldBy(await run("up")).digest, digestOf(imageOf(3)), "and without a preview, what is there now");
    });

    it("goes back to a kept import without a download, holds still while pinned, and keeps as many as it is told", async () => {
        for (const number of [0, 1, 2]) {
            await publish(number);
            toldBy(await run("up", args({ updates: "reviewed", importsToKeep: 2 })));
        }
        const kept = toldBy(await run("refresh"));
        assert.equal(kept.imports.length, 2, "the third has pushed the first out");
        const directory = path.join(engine.project.store, "volumes", "local", "default");
        assert.equal(existsSync(path.join(directory, `fedora-${digestOf(imageOf(0)).slice(7, 19)}`)), false);
        // Nobody can download anything from a registry that is gone.
        await (closing = registry.close());
        const back = await run("preview", args({ pin: digestOf(imageOf(1)), importsToKeep: 2 }));
        assert.match(back.text, /points boot source default\/fedora to the kept import/);
        const told = toldBy(await run("up"));
        assert.equal(sha256Of(told.path), hashOf(diskOf(1)));
        assert.deepEqual((await run("up")).steps["fedora"], ["same"], "a pinned source asks nobody");
    });

    it("serves the old image while a new one fails, and tells both", async () => {
        await publish(0);
        const first = toldBy(await run("up", args({ updates: "reviewed" })));
        await publish(1);
        const failing = await run("up", args({ updates: "reviewed", storage: { size: "2Mi" } }));
        assert.match(failing.failure ?? "", /virtual size is 3Mi, the size asked for only 2Mi/, failing.failure);
        assert.match(failing.failure ?? "", /the image that was current before still serves/);
        const told = stateOf(engine.project, "fedora");
        assert.deepEqual([told.ready, told.upToDate, told.upToDateReason], [true, false, "ImportFailed"]);
        assert.equal(told.path, first.path);
        assert.equal(sha256Of(first.path), hashOf(diskOf(0)));
        const mended = toldBy(await run("up", args({ updates: "reviewed", storage: { size: "8Mi" } })));
        assert.equal(mended.digest, digestOf(imageOf(1)), "the next update goes on");
    });

    it("leaves its images when it is destroyed, finds them again, and takes them along where that is asked for [A25, A94, A95]", async () => {
        await publish(0);
        const { path: disk } = toldBy(await run("up", args()));
        const before = readFileSync(disk);
        assert.equal((await run("destroy")).failure, undefined);
        assert.deepEqual(readFileSync(disk), before, "retentionPolicy All");
        await (closing = registry.close());
        const again = toldBy(await run("up", args({ pin: digestOf(imageOf(0)), retentionPolicy: "None" })));
        assert.equal(again.path, disk, "the image is found by its name: nobody could have served it");
        assert.equal((await run("destroy")).failure, undefined);
        assert.equal(existsSync(disk), false, "retentionPolicy None");
    });

    it("takes another name for its cron without a download, and another namespace with one of its own", async () => {
        await publish(0);
        const { path: disk } = toldBy(await run("up", args()));
        await (closing = registry.close());
        const pinned = { pin: digestOf(imageOf(0)) };
        const preview = await run("preview", args({ ...pinned, name: "nightly" }));
        assert.ok(preview.steps["fedora"]?.includes("create-replacement"), JSON.stringify(preview.steps));
        assert.doesNotMatch(preview.text, /imports boot source/);
        const told = toldBy(await run("up"));
        assert.equal(told.path, disk, "the image went over to the new cron");
        assert.deepEqual((await run("up")).steps["fedora"], ["same"]);
        const elsewhere = await run("preview", args({ ...pinned, namespace: "images" }));
        assert.match(elsewhere.text, /imports boot source images\/fedora/);
    });

    it("refuses in preview what can never work, in CDI's words, and loses nothing [A56, A57, A71]", async () => {
        const cases: [Partial<bootsource.BootSourceArgs>, RegExp][] = [
            [{ schedule: "61 * * * *" }, /Illegal cron schedule/],
            [{ importsToKeep: 0 }, /Illegal ImportsToKeep value: with 0/],
            [{ importsToKeep: -1 }, /Illegal ImportsToKeep value/],
            [{ garbageCollect: "Sometimes" }, /Illegal GarbageCollect value/],
            [{ managedDataSource: "x".repeat(64) }, /Name cannot be longer than 63 characters/],
            [{ source: { blank: {} } }, /Missing source/],
            [{ pin: "latest" }, /is not a digest/],
            [{ scheduel: "@daily" } as never, /did you mean "schedule"/],
        ];
        for (const [given, expected] of cases) {
            const { failure } = await run("preview", args(given));
            assert.match(failure ?? "", expected, JSON.stringify(given));
        }
        assert.ok(!existsSync(engine.project.store));
    });
});
