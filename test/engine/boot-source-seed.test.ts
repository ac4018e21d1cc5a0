// The documentation's own custom boot source, declared as a resource: what its procedure writes by hand, read from the store.
import * as assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import type * as bootsource from "../../components/index.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataImportCron, DataSource } from "../../provider/model/objects.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { afterwards, requireTool } from "../tools.js";
import { digestOf, imageOf, program, toldBy } from "./boot-source-program.js";
import { type Project, makeProject } from "./project.js";

const namespace = "openshift-virtualization-os-images";
const thin = { name: "thin", snapshot: "overlay", dataImportCronSourceFormat: "snapshot" };

describe("the documentation's custom boot source, as a resource", function () {
    this.timeout(240_000);
    let registry: Registry;
    let project: Project;
    let cron: DataImportCron;
    let source: DataSource;
    let told: ReturnType<typeof toldBy>;

    const args = (more: Partial<bootsource.BootSourceArgs> = {}): bootsource.BootSourceArgs => ({
        name: "centos-stream9-image-cron",
        namespace,
        managedDataSource: "centos-stream9",
        schedule: "0 */12 * * *",
        source: { registry: { url: `docker://${registry.host}/containerdisks/centos-stream:9`, pullMethod: "node" } },
        storage: { size: "30Gi" },
        garbageCollect: "Outdated",
        ...more,
    });
    const run = (operation: "up" | "preview", given?: bootsource.BootSourceArgs) =>
        project.run(operation, given && program(given, "centos"), {
            config: {
                insecureRegistries: JSON.stringify([registry.host]),
                storageClasses: JSON.stringify([{ name: "plain", defaults: ["cluster"] }, thin]),
            },
        });
    const publish = (number: number) => registry.push("containerdisks/centos-stream", "9", imageOf(number));
    const look = async (): Promise<void> => {
        const cluster = new EmbeddedCluster(project.store, { clock: systemClock, warn: () => undefined });
        cron = (await cluster.get("DataImportCron", {
            namespace,
            name: "centos-stream9-image-cron",
        }))!;
        source = (await cluster.get("DataSource", { namespace, name: "centos-stream9" }))!;
        await cluster.close();
    };

    before(async function () {
        registry = await startRegistry(requireTool(this, "docker-registry"));
        afterwards(this, () => registry.close());
        project = makeProject();
        afterwards(this, () => {
            project.remove();
        });
        await publish(60);
        told = toldBy(await run("up", args()));
        await look();
    });

    it("is made by declaring it, and by nothing else: a store has none of its own [A53, A54, A65, A66]", () => {
        assert.equal(cron.metadata.name, "centos-stream9-image-cron");
        assert.deepEqual(readdirSync(path.join(project.store, "sources")), [namespace], "one, and no other namespace");
    });

    it("has the entry's name, schedule, source and size [Y203, Y205, Y206, Y208]", () => {
        assert.equal(cron.metadata.name, "centos-stream9-image-cron");
        assert.equal(cron.spec.schedule, "0 */12 * * *");
        assert.ok(cron.spec.template.spec.source.registry);
        assert.equal(cron.spec.template.spec.storage?.resources?.requests?.storage, "30Gi");
    });

    it("takes a docker:// address, node's pull method, a free name for its DataSource, and what is collected [Y207, Y209, Y210, A74]", () => {
        const { registry: image } = cron.spec.template.spec.source;
        const url = `docker://${registry.host}/containerdisks/centos-stream:9`;
        assert.deepEqual(image, { url, pullMethod: "node" });
        assert.equal(cron.spec.managedDataSource, "centos-stream9");
        assert.equal(cron.spec.garbageCollect, "Outdated");
    });

    it("binds at once, and pulls by pod unless asked otherwise [A70, A73, Y204]", async () => {
        const bindsAtOnce = /"cdi.kubevirt.io\/storage.bind.immediate.requested":"true"/;
        assert.match(JSON.stringify(cron.metadata.annotations), bindsAtOnce);
        const byPod = { registry: { url: `docker://${registry.host}/containerdisks/centos-stream:9` } };
        assert.deepEqual(toldBy(await run("up", args({ source: byPod, bindImmediately: false }))).path, told.path);
        await look();
        assert.ok(!("pullMethod" in (cron.spec.template.spec.source.registry ?? {})), "CDI's default");
        assert.doesNotMatch(JSON.stringify(cron.metadata.annotations), bindsAtOnce);
    });

    it("has returned from its update with a DataSource that is ready [A59, A62, A68]", () => {
        assert.equal(source.status?.conditions?.[0]?.status, "True");
        assert.equal(source.status.source?.pvc?.name, `centos-stream9-${digestOf(imageOf(60)).slice(7, 19)}`);
        assert.ok(told.ready && existsSync(told.path));
    });

    it("names its class in place, and leaves no claim and no snapshot that is out of date [A55, A60, A61]", async () => {
        const more = { updates: "reviewed", importsToKeep: 1, storage: { size: "30Gi", storageClassName: "thin" } };
        toldBy(await run("up", args(more)));
        await publish(61);
        const newest = toldBy(await run("up", args(more)));
        const name = `centos-stream9-${digestOf(imageOf(61)).slice(7, 19)}`;
        assert.equal(newest.storageClass, "thin");
        assert.deepEqual(readdirSync(path.join(project.store, "snapshots", "thin", namespace)), [name]);
        const claims = ["plain", "thin"].map((storageClass) =>
            path.join(project.store, "volumes", storageClass, namespace),
        );
        assert.deepEqual(
            claims.filter((directory) => existsSync(directory) && readdirSync(directory).length > 0),
            [],
        );
    });
});
