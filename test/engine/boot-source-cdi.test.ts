// A BootSource by `pulumi up` on a real Kubernetes API with real CDI: the cron is CDI's, and what became of it the API server says.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { BootSourceArgs } from "../../components/index.js";
import { BootSource } from "../../components/index.js";
import type { KubeObject } from "../control-plane/api.js";
import { until } from "../control-plane/until.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { requireTool } from "../tools.js";
import { plainStorage, useCluster } from "./cluster-fixture.js";
import type { Program } from "./project.js";

const first = makeDisk(1 << 20, { seed: 81 });
const second = makeDisk(1 << 20, { seed: 82 });
const yearly = "0 3 1 1 *";

describe("a boot source on CDI", function () {
    this.timeout(300_000);
    const insecure = () => ({ insecureRegistries: JSON.stringify([registry.host]) });
    const on = useCluster(
        "boot-sources",
        [{ name: "boot-sources", provisioner: plainStorage, default: true }],
        insecure,
    );
    const { run, cdi } = on;
    let registry: Registry;

    before(async function () {
        registry = await startRegistry(requireTool(this, "docker-registry"));
        on.clean(() => registry.close(), await on.plane.insecureRegistry(registry.host));
    });

    const source = (args: Partial<BootSourceArgs>, name = "fedora"): Program => {
        return () => {
            const made = new BootSource(name, {
                source: { registry: { url: `docker://${registry.host}/fedora:latest` } },
                schedule: yearly,
                storage: { size: "4Mi" },
                ...args,
            });
            const { dataSource, cronName, digest, ready, upToDate, imports, size } = made;
            return Promise.resolve({ dataSource, cronName, digest, ready, upToDate, imports, size });
        };
    };
    const push = async (disk: Buffer): Promise<string> => {
        const image = makeIndex({
            amd64: makeContainerdisk(disk, { architecture: "amd64" }),
            arm64: makeContainerdisk(makeDisk(1 << 20, { seed: 99 }), { architecture: "arm64" }),
        });
        await registry.push("fedora", "latest", image);
        return image.manifest.digest;
    };
    const nameOf = (digest: string): string => `fedora-${digest.slice(7, 19)}`;
    const contentOf = async (digest: string): Promise<string> =>
        sum(readFileSync(await on.plane.contentOf(on.namespace, nameOf(digest))).subarray(0, first.length));
    const sum = (disk: Uint8Array): string => createHash("sha256").update(disk).digest("hex");
    const volumes = (): Promise<readonly KubeObject[]> => on.plane.api.list(cdi("datavolumes"));
    const uids = async (): Promise<(string | undefined)[]> => (await volumes()).map(({ metadata }) => metadata.uid);

    it("is kept by CDI's own cron; a change of the cron makes it anew and downloads nothing, and a delete leaves the image [A2, A3, A25, A94]", async () => {
        const digest = await push(first);
        const up = await run("up", source({}));
        assert.equal(up.failure, undefined, up.text);
        assert.deepEqual([up.outputs["ready"], up.outputs["upToDate"]], [true, true]);
        assert.deepEqual(up.outputs["dataSource"], { namespace: on.namespace, name: "fedora" });
        assert.equal(await contentOf(digest), sum(first));
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        const before = await uids();
        const old = await on.plane.api.get(cdi("dataimportcrons", "/fedora-image-cron"));

        const changed = await run("up", source({ importsToKeep: 1, schedule: "0 4 1 1 *" }));
        assert.equal(changed.failure, undefined, changed.text);
        assert.deepEqual(changed.steps["fedora"], ["update"]);
        const cron = await on.plane.api.get(cdi("dataimportcrons", "/fedora-image-cron"));
        assert.notEqual(cron.metadata.uid, old.metadata.uid);
        const spec = cron.spec as Record<string, unknown>;
        assert.deepEqual([spec["importsToKeep"], spec["schedule"], spec["retentionPolicy"]], [1, "0 4 1 1 *", "All"]);
        assert.deepEqual(await uids(), before);
        assert.equal(changed.outputs["ready"], true);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);

        await run("destroy");
        assert.deepEqual(await on.plane.api.list(cdi("dataimportcrons")), []);
        assert.deepEqual(await uids(), before);
        assert.equal((await on.plane.api.list(cdi("datasources"))).length, 1);
    });

    it("follows what CDI's poll brings in without a diff, and refresh says so [A5]", async () => {
        await push(first);
        assert.equal((await run("up", source({}))).failure, undefined);
        const digest = await push(second);
        await on.plane.poll(on.namespace, "fedora-image-cron");
        await until("the DataSource points at the newer image", async () => {
            const { spec } = await on.plane.api.get(cdi("datasources", "/fedora"));
            return JSON.stringify(spec).includes(nameOf(digest));
        });
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        const refreshed = await run("refresh");
        assert.equal(refreshed.failure, undefined, refreshed.text);
        const again = await run("up");
        assert.deepEqual(again.steps["fedora"], ["same"], again.text);
        assert.equal(await contentOf(digest), sum(second));
    });

    it("reviewed, moves with an update alone, to what its preview showed; None takes the images along", async () => {
        const reviewed = source({ updates: "reviewed", retentionPolicy: "None" });
        const before = await push(first);
        assert.equal((await run("up", reviewed)).failure, undefined);
        const cron = await on.plane.api.get(cdi("dataimportcrons", "/fedora-image-cron"));
        assert.equal((cron.spec as { schedule?: string }).schedule, "");
        const digest = await push(second);
        const preview = await run("preview");
        assert.deepEqual(preview.steps["fedora"], ["update"], preview.text);
        assert.match(preview.text, new RegExp(`imports boot source ${on.namespace}/fedora \\(${nameOf(digest)}\\)`));
        const up = await run("up");
        assert.equal(up.failure, undefined, up.text);
        assert.equal(up.outputs["digest"], digest);
        assert.deepEqual([await contentOf(before), await contentOf(digest)], [sum(first), sum(second)]);
        await run("destroy");
        for (const kind of ["dataimportcrons", "datasources", "datavolumes"])
            await until(`no ${kind} are left`, async () => (await on.plane.api.list(cdi(kind))).length === 0);
    });

    it("adopts a cron that somebody made by hand: nothing moves, and what the program does not say stays as it was", async () => {
        const digest = await push(first);
        await on.plane.api.create(cdi("dataimportcrons"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataImportCron",
            metadata: { name: "by-hand" },
            spec: {
                schedule: yearly,
                managedDataSource: "fedora",
                retentionPolicy: "None",
                template: {
                    spec: {
                        source: { registry: { url: `docker://${registry.host}/fedora:latest` } },
                        storage: { resources: { requests: { storage: "4Mi" } } },
                    },
                },
            },
        });
        await until("the image is in", async () => {
            const { status } = await on.plane.api.get(cdi("dataimportcrons", "/by-hand"));
            const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
            return conditions.some(({ type, status: is }) => type === "UpToDate" && is === "True");
        });
        const [volume, cron] = [await uids(), await on.plane.api.get(cdi("dataimportcrons", "/by-hand"))];
        const adopts: Program = () => {
            const source = { registry: { url: `docker://${registry.host}/fedora:latest` } };
            const made = new BootSource("fedora", { source, adopt: true });
            return Promise.resolve({ ready: made.ready, cronName: made.cronName, digest: made.digest });
        };
        const up = await run("up", adopts);
        assert.equal(up.failure, undefined, up.text);
        assert.deepEqual(up.outputs, { ready: true, cronName: "by-hand", digest });
        const now = await on.plane.api.get(cdi("dataimportcrons", "/by-hand"));
        assert.deepEqual([now.metadata.uid, now.spec], [cron.metadata.uid, cron.spec]);
        assert.deepEqual(await uids(), volume);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        // CDI would delete the images of such a cron with it: it is not made anew.
        const refused = await run("up", source({ adopt: true, name: "by-hand", importsToKeep: 1 }));
        assert.match(refused.failure ?? "", /adopted with retentionPolicy None and CDI would delete its images/);
        assert.deepEqual(await uids(), volume);
    });

    it("refuses in preview what CDI's crons cannot do, and in the update a DataSource that CDI would silently leave alone", async () => {
        const refused = await run("preview", source({ keepFor: "30d" }));
        assert.match(refused.failure ?? "", /CDI keeps imports by their number alone; use importsToKeep/);
        await push(first);
        await on.plane.api.create(cdi("datasources"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataSource",
            metadata: { name: "fedora" },
            spec: { source: { pvc: { namespace: on.namespace, name: "hand-made" } } },
        });
        const failed = await run("up", source({}));
        assert.match(failed.failure ?? "", /has a DataSource of that name, which no cron manages; set adopt: true/);
        assert.deepEqual(await on.plane.api.list(cdi("dataimportcrons")), []);
    });
});
