// Where a boot source lands, and in which form: classes by default and by name, snapshots and claims, without a second download.
import * as assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import * as path from "node:path";
import type * as bootsource from "../../components/index.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { requireTool } from "../tools.js";
import { digestOf, diskOf, hashOf, imageOf, program, toldBy } from "./boot-source-program.js";
import { useEngine } from "./fixture.js";
import { type Ran, sha256Of } from "./project.js";

const plain = { name: "plain", defaults: ["cluster"] };
const thin = { name: "thin", snapshot: "overlay", dataImportCronSourceFormat: "snapshot" };

describe("storage classes and formats of a BootSource", function () {
    this.timeout(240_000);
    const engine = useEngine();
    let serving: string;
    let registry: Registry;
    let closing: Promise<void> | undefined;
    before(function () {
        serving = requireTool(this, "docker-registry");
    });
    beforeEach(async () => {
        registry = await startRegistry(serving);
        closing = undefined;
        await registry.push("fedora", "latest", imageOf(0));
    });
    afterEach(() => closing ?? registry.close());

    /** From now on nobody can download anything. */
    const close = () => (closing = registry.close());
    const run = (
        operation: "up" | "preview" | "refresh",
        classes: readonly object[],
        args?: Partial<bootsource.BootSourceArgs>,
    ): Promise<Ran> => {
        const source = { registry: { url: `docker://${registry.host}/fedora:latest` } };
        const config = {
            insecureRegistries: JSON.stringify([registry.host]),
            storageClasses: JSON.stringify(classes),
        };
        return engine.project.run(operation, args && program({ source, ...args }), { config });
    };
    const look = async <T>(ask: (cluster: EmbeddedCluster) => Promise<T>): Promise<T> => {
        const cluster = new EmbeddedCluster(engine.project.store, { clock: systemClock, warn: () => undefined });
        return ask(cluster).finally(() => cluster.close());
    };
    const fedora = { namespace: "default", name: "fedora" };

    it("a claim by default, a snapshot where the class's profile says so; the DataSource refers to it [A63, A78, A79, A88]", async () => {
        const claim = toldBy(await run("up", [plain, thin], {}));
        assert.deepEqual(
            [claim.sourceFormat, claim.storageClass, claim.why],
            ["pvc", "plain", "the cluster's default"],
        );
        await close();
        const args = { pin: digestOf(imageOf(0)), storage: { storageClassName: "thin" } };
        const preview = await run("preview", [plain, thin], args);
        assert.match(
            preview.text,
            /copies boot source default\/fedora to the storage class thin \(nothing to download\)/,
        );
        const snapshot = toldBy(await run("up", [plain, thin]));
        assert.deepEqual(
            [snapshot.sourceFormat, snapshot.storageClass, snapshot.why],
            ["snapshot", "thin", "named in storageClassName"],
        );
        assert.equal(sha256Of(snapshot.path), hashOf(diskOf(0)), "copied, not downloaded: the registry is gone");
        assert.equal(statSync(snapshot.path).mode & 0o222, 0, "a snapshot's image is written by nobody");
        const source = await look((cluster) => cluster.get("DataSource", fedora));
        assert.equal(source?.status?.source?.snapshot?.name, path.basename(path.dirname(snapshot.path)));
        assert.deepEqual((await run("up", [plain, thin])).steps["fedora"], ["same"]);
    });

    it("follows the default class where it names none, and stays where it names one [A37, A50, A51, A52]", async () => {
        toldBy(await run("up", [plain, thin], { schedule: "" }));
        const moved = [{ name: "plain" }, { ...thin, defaults: ["virtualization"] }];
        await close();
        const preview = await run("preview", moved);
        assert.deepEqual(preview.steps["fedora"], ["update"], "without an agent the stack follows");
        assert.match(
            preview.text,
            /copies boot source default\/fedora to the storage class thin \(nothing to download\)/,
        );
        const unasked = toldBy(await run("up", moved));
        assert.deepEqual((await run("up", moved)).steps["fedora"], ["same"]);
        assert.deepEqual([unasked.storageClass, unasked.why], ["thin", "the default for virtualization"]);
        assert.equal(unasked.sourceFormat, "snapshot");
        const back = toldBy(await run("up", moved, { schedule: "", storage: { storageClassName: "plain" } }));
        assert.equal(back.storageClass, "plain");
        const stays = toldBy(
            await run("up", [{ name: "plain" }, { ...thin, defaults: ["virtualization", "cluster"] }], {
                schedule: "",
                storage: { storageClassName: "plain" },
                labels: { team: "b" },
            }),
        );
        assert.deepEqual(
            [stays.storageClass, stays.path],
            ["plain", back.path],
            "a named class is followed by nothing",
        );
    });

    it("keeps serving where no class is marked as default, and a new image waits for one in plain words [A38, A39, A40, A41]", async () => {
        const snapshots = { ...thin, defaults: ["cluster"] };
        const before = toldBy(await run("up", [snapshots], { updates: "reviewed" }));
        assert.equal(before.sourceFormat, "snapshot");
        await registry.push("fedora", "latest", imageOf(1));
        const unmarked = [thin];
        const preview = await run("preview", unmarked);
        assert.match(preview.text, /no storage class is marked as default; mark one, or name one in storageClassName/);
        const waiting = await run("up", unmarked, { updates: "reviewed", timeoutSeconds: 3 });
        assert.match(waiting.failure ?? "", /no storage class is marked as default/, waiting.failure);
        assert.ok(existsSync(before.path), "CDI would have removed the snapshot by now");
        const source = await look((cluster) => cluster.get("DataSource", fedora));
        assert.equal(source?.status?.conditions?.[0]?.status, "True", "and its DataSource would be dead");
        const after = toldBy(await run("up", [snapshots], { updates: "reviewed" }));
        assert.equal(sha256Of(after.path), hashOf(diskOf(1)), "a default is set again: the import goes on");
    });

    it("says in preview which class is missing, before anything moves [A28, A67]", async () => {
        const missing = await run("preview", [plain], { storage: { storageClassName: "fats" } });
        assert.equal(missing.failure, undefined, "the same run may still make it");
        assert.match(missing.text, /there is no storage class "fats"/);
    });
});
