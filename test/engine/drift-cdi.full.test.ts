// What other clients do to a boot source on a cluster: what a refresh says of it, and what CDI or the next update mends.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BootSource, type BootSourceArgs } from "../../components/index.js";
import type { KubeObject } from "../control-plane/api.js";
import { until } from "../control-plane/until.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { plainStorage, useCluster } from "./cluster-fixture.js";
import type { Program } from "./project.js";

const disk = makeDisk(1 << 20, { seed: 83 });
const yearly = "0 3 1 1 *";

describe("a boot source that others touch", function () {
    this.timeout(300_000);
    const insecure = () => ({ insecureRegistries: JSON.stringify([registry.host]) });
    const on = useCluster("touched", [{ name: "touched", provisioner: plainStorage, default: true }], insecure);
    const { run, succeed, cdi } = on;
    let registry: FakeRegistry;
    let digest: string;

    before(async () => {
        registry = await startFakeRegistry({});
        const index = makeIndex({ amd64: makeContainerdisk(disk, { architecture: "amd64" }) });
        registry.hold("fedora", "latest", index);
        digest = index.manifest.digest;
        on.clean(() => registry.close(), await on.plane.insecureRegistry(registry.host));
    });

    const source =
        (args: Partial<BootSourceArgs> = {}): Program =>
        () => {
            const made = new BootSource("fedora", {
                source: { registry: { url: `docker://${registry.host}/fedora:latest` } },
                schedule: yearly,
                storage: { size: "4Mi" },
                importsToKeep: 2,
                labels: { team: "images" },
                ...args,
            });
            return Promise.resolve({ ready: made.ready, digest: made.digest });
        };
    const cronPath = (): string => cdi("dataimportcrons", "/fedora-image-cron");
    const imported = (): string => `fedora-${digest.slice(7, 19)}`;
    const volumes = (): Promise<readonly KubeObject[]> => on.plane.api.list(cdi("datavolumes"));
    const pointsAt = async (): Promise<string | undefined> => {
        const { spec } = await on.plane.api.get(cdi("datasources", "/fedora"));
        return (spec as { source: { pvc?: { name: string } } }).source.pvc?.name;
    };
    const isWhole = async (): Promise<void> => {
        const there = readFileSync(await on.plane.contentOf(on.namespace, imported())).subarray(0, disk.length);
        assert.equal(createHash("sha256").update(there).digest("hex"), createHash("sha256").update(disk).digest("hex"));
    };
    /** As `kubectl replace --force` does: CDI forbids every other change. */
    const replaceCron = async (change: (spec: Record<string, unknown>) => void): Promise<void> => {
        const { metadata, spec } = await on.plane.api.get(cronPath());
        await on.plane.api.remove(cronPath());
        await until("the cron is gone", async () => (await on.plane.api.find(cronPath())) === undefined);
        const edited = structuredClone(spec) as Record<string, unknown>;
        change(edited);
        const { name, labels, annotations } = metadata as Record<string, unknown>;
        await on.plane.api.create(cdi("dataimportcrons"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataImportCron",
            metadata: { name, labels, annotations },
            spec: edited,
        });
    };
    /** The refresh says "update", the preview what the next update does, and after it all is as it was. */
    const isMended = async (...shown: RegExp[]): Promise<void> => {
        const refreshed = await succeed("refresh");
        assert.deepEqual(refreshed.steps["fedora"], ["refresh"], refreshed.text);
        const preview = await succeed("preview", source());
        assert.deepEqual(preview.steps["fedora"], ["update"], preview.text);
        for (const line of shown) assert.match(preview.text, line);
        const up = await succeed("up");
        assert.deepEqual(up.steps["fedora"], ["update"], up.text);
        assert.deepEqual(up.outputs, { ready: true, digest });
        assert.deepEqual((await succeed("preview")).steps["fedora"], ["same"]);
    };

    it("says that its cron was edited, and the update puts it back", async () => {
        await succeed("up", source());
        const before = (await volumes()).map(({ metadata }) => metadata.uid);
        await replaceCron((spec) => Object.assign(spec, { schedule: "0 5 1 1 *", importsToKeep: 1 }));
        await isMended(/schedule/, /importsToKeep/);
        const { spec } = await on.plane.api.get(cronPath());
        const { schedule, importsToKeep } = spec as Record<string, unknown>;
        assert.deepEqual([schedule, importsToKeep], [yearly, 2]);
        assert.deepEqual(
            (await volumes()).map(({ metadata }) => metadata.uid),
            before,
            "nothing is downloaded",
        );
    });

    it("says that its labels were changed, and the update puts back its own alone", async () => {
        await succeed("up", source());
        const { metadata } = await on.plane.api.get(cronPath());
        await on.plane.api.patch(cronPath(), { metadata: { labels: { team: "others", theirs: "stays" } } });
        await isMended(/labels/);
        const now = await on.plane.api.get(cronPath());
        const { team, theirs } = now.metadata["labels"] as Record<string, string>;
        assert.deepEqual([team, theirs, now.metadata.uid], ["images", "stays", metadata.uid]);
    });

    it("is led back by CDI itself, and its images brought in again: a refresh then says nothing", async () => {
        await succeed("up", source());
        await on.plane.api.patch(cdi("datasources", "/fedora"), {
            spec: { source: { pvc: { namespace: on.namespace, name: "elsewhere" } } },
        });
        await until("CDI has led it back", async () => (await pointsAt()) === imported());
        const [{ metadata } = { metadata: { uid: "" } }] = await volumes();
        await on.plane.api.remove(cdi("datavolumes", `/${imported()}`));
        await until("CDI has brought the image in again", async () => {
            const [volume] = await volumes();
            const { phase } = (volume?.status ?? {}) as { phase?: string };
            return volume !== undefined && volume.metadata.uid !== metadata.uid && phase === "Succeeded";
        });
        await until("and says so", async () => {
            const { status } = await on.plane.api.get(cronPath());
            const { conditions = [] } = status as { conditions?: { type: string; status: string }[] };
            return conditions.some(({ type, status: is }) => type === "UpToDate" && is === "True");
        });
        await isWhole();
        await succeed("refresh");
        const preview = await succeed("preview");
        assert.deepEqual(preview.steps["fedora"], ["same"], preview.text);
    });

    it("that was taken over says so, and is not taken back without a word: its update names the hand", async () => {
        await succeed("up", source());
        const path = cdi("datasources", "/fedora");
        const theirs = {
            metadata: { labels: { "cdi.kubevirt.io/dataImportCron": null } },
            spec: { source: { pvc: { namespace: on.namespace, name: "theirs" } } },
        };
        await on.plane.api.patch(path, theirs);
        await succeed("refresh");
        const preview = await succeed("preview");
        assert.deepEqual(preview.steps["fedora"], ["update"], preview.text);
        const refused = await run("up");
        assert.match(refused.failure ?? "", /has a DataSource of that name, which no cron manages/);
        assert.equal(await pointsAt(), "theirs");
        await on.plane.api.remove(path);
        const up = await succeed("up");
        assert.deepEqual(up.outputs, { ready: true, digest });
        assert.equal(await pointsAt(), imported());
    });

    it("whose cron was deleted is made again, and finds its image: nothing is downloaded", async () => {
        await succeed("up", source());
        const before = (await volumes()).map(({ metadata }) => metadata.uid);
        await on.plane.api.remove(cronPath());
        await until("the cron is gone", async () => (await on.plane.api.find(cronPath())) === undefined);
        await succeed("refresh");
        const up = await succeed("up", source());
        assert.deepEqual(up.steps["fedora"], ["create"], up.text);
        assert.deepEqual(up.outputs, { ready: true, digest });
        assert.deepEqual(
            (await volumes()).map(({ metadata }) => metadata.uid),
            before,
        );
        await isWhole();
    });
});
