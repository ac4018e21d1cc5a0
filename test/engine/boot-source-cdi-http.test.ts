// BootSources that CDI does not poll, by `pulumi up` on a real Kubernetes API with real CDI: CDI imports, and all else is ours.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BootSource, type BootSourceArgs } from "../../components/index.js";
import type { KubeObject } from "../control-plane/api.js";
import { until } from "../control-plane/until.js";
import { makeDisk } from "../images/disk.js";
import { plainStorage, useCluster } from "./cluster-fixture.js";
import type { Program } from "./project.js";

const length = 1 << 20;
const diskOf = (image: number): Buffer => makeDisk(length, { seed: 500 + image });
const yearly = "0 3 1 1 *";
const lastCronTime = "cdi.kubevirt.io/storage.import.lastCronTime";
/** CDI knows this driver as one that clones by snapshots, and keeps boot sources as such. */
const snapshotDriver = "openshift-storage.rbd.csi.ceph.com";

describe("a boot source that CDI does not poll, on CDI", function () {
    this.timeout(300_000);
    const on = useCluster("http-boot-sources", [
        { name: "http-boot-sources", provisioner: plainStorage, default: true },
        { name: "http-snapshotting", provisioner: snapshotDriver, csi: true },
    ]);
    const { run, succeed, cdi, core } = on;

    before(async () => {
        on.clean(await on.plane.snapshotClass({ name: "http-snapshots", driver: snapshotDriver, default: true }));
    });

    const http = (more: object = {}): BootSourceArgs["source"] => ({
        http: { url: `${on.web.url}/fedora.img`, ...more },
    });
    const published = (): BootSourceArgs["source"] => http({ checksumUrl: `${on.web.url}/fedora.img.sha256` });
    const fedora = (args: Partial<BootSourceArgs> = {}): Program => {
        return () => {
            const made = new BootSource("fedora", {
                source: http(),
                schedule: yearly,
                storage: { size: "4Mi" },
                ...args,
            });
            const { dataSource, digest, ready, upToDate, imports, sourceFormat, storageClass } = made;
            return Promise.resolve({ dataSource, digest, ready, upToDate, imports, sourceFormat, storageClass });
        };
    };
    const publish = (image: number): string => {
        const digest = sum(diskOf(image));
        on.web.serve("/fedora.img", diskOf(image));
        on.web.serve("/fedora.img.sha256", Buffer.from(`${digest}  fedora.img\n`));
        return `sha256:${digest}`;
    };
    const sum = (disk: Uint8Array): string => createHash("sha256").update(disk).digest("hex");
    const names = async (path: string): Promise<string[]> =>
        (await on.plane.api.list(path)).map(({ metadata }) => metadata.name).sort();
    const sourceOf = async (): Promise<{ pvc?: { name: string }; snapshot?: { name: string } }> => {
        const { spec } = await on.plane.api.get(cdi("datasources", "/fedora"));
        return (spec as { source: { pvc?: { name: string }; snapshot?: { name: string } } }).source;
    };
    /** The hash of the disk that the DataSource leads to. */
    const served = async (): Promise<string> => {
        const { pvc, snapshot } = await sourceOf();
        const file =
            snapshot === undefined
                ? on.plane.contentOf(on.namespace, pvc?.name ?? "")
                : on.plane.contentOfSnapshot(on.namespace, snapshot.name);
        return sum(readFileSync(await file).subarray(0, length));
    };
    const kept = (): Promise<KubeObject> => on.plane.api.get(core("configmaps", "/fedora-image-cron"));
    const nameOf = (digest: string): string => `fedora-${digest.slice(7, 19)}`;
    /** Lets the time of the next poll come: the last one was long ago. */
    const passAYear = async (): Promise<void> => {
        const annotations = { [lastCronTime]: "2020-01-01T00:00:00Z" };
        await on.plane.api.patch(core("configmaps", "/fedora-image-cron"), { metadata: { annotations } });
    };
    const downloads = (): number => on.web.requests.filter((line) => line === "GET /fedora.img").length;

    it("comes in by CDI's importer without a cron of CDI's; it is asked when its time has come, and moves by an ordinary diff; All leaves it", async () => {
        publish(1);
        const up = await succeed(
            "up",
            fedora({ importsToKeep: 2, labels: { "instancetype.kubevirt.io/default-preference": "fedora" } }),
        );
        assert.deepEqual([up.outputs["ready"], up.outputs["upToDate"]], [true, true], up.text);
        assert.deepEqual([up.outputs["sourceFormat"], up.outputs["storageClass"]], ["pvc", "http-boot-sources"]);
        assert.deepEqual(await names(cdi("dataimportcrons")), []);
        assert.equal(await served(), sum(diskOf(1)));
        const { metadata } = await on.plane.api.get(cdi("datasources", "/fedora"));
        assert.equal(metadata.labels?.["instancetype.kubevirt.io/default-preference"], "fedora");
        publish(2);
        const asked = on.web.requests.length;
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        assert.equal(on.web.requests.length, asked, "nobody is asked before the next time");
        await passAYear();
        const { resourceVersion } = (await kept()).metadata;
        const preview = await succeed("preview");
        assert.deepEqual(preview.steps["fedora"], ["update"], preview.text);
        assert.match(preview.text, /imports boot source [^ ]+\/fedora \(fedora-[0-9a-f]{12}\).*1 MiB to download/);
        assert.equal((await kept()).metadata.resourceVersion, resourceVersion, "a preview writes nothing");
        const first = (await sourceOf()).pvc?.name ?? "";
        await succeed("up");
        assert.equal(await served(), sum(diskOf(2)));
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        const second = (await sourceOf()).pvc?.name ?? "";
        publish(3);
        await passAYear();
        const third = await succeed("up");
        assert.equal(await served(), sum(diskOf(3)));
        const imports = (third.outputs["imports"] as { name: string }[]).map(({ name }) => name);
        assert.deepEqual(imports, [(await sourceOf()).pvc?.name, second], "the last two; the newest first");
        await until("the oldest has gone", async () => !(await names(core("persistentvolumeclaims"))).includes(first));
        await succeed("destroy");
        assert.deepEqual(await names(core("configmaps")), ["kube-root-ca.crt"]);
        assert.equal(await served(), sum(diskOf(3)));
    });

    it("with a published checksum is known by it: reviewed, pinned to a kept one without a download, and with None nothing is left", async () => {
        const first = publish(1);
        const args = { source: published(), updates: "reviewed", retentionPolicy: "None" } as const;
        assert.equal((await succeed("up", fedora(args))).outputs["digest"], first);
        const volume = await on.plane.api.get(cdi("datavolumes", `/${nameOf(first)}`));
        assert.equal((volume.spec as { source: { http: { checksum: string } } }).source.http.checksum, first);
        const second = publish(2);
        assert.deepEqual((await succeed("preview")).steps["fedora"], ["update"]);
        // What the preview showed is what the update does, and the image has moved on: CDI is given the sum, and refuses.
        publish(3);
        const refused = await run("up");
        assert.match(refused.failure ?? "", /checksum mismatch/);
        assert.equal(await served(), sum(diskOf(1)), "what was there serves on");
        publish(2);
        assert.equal((await succeed("up")).outputs["digest"], second);
        assert.equal(await served(), sum(diskOf(2)));
        const before = downloads();
        const { updates: _not, ...pinned } = args;
        const back = await succeed("up", fedora({ ...pinned, pin: first }));
        assert.equal(back.outputs["digest"], first);
        assert.deepEqual([await served(), downloads()], [sum(diskOf(1)), before]);
        await succeed("destroy");
        for (const path of [cdi("datasources"), cdi("datavolumes"), core("persistentvolumeclaims")])
            await until(`nothing is left at ${path}`, async () => (await names(path)).length === 0);
    });

    it("is kept as a snapshot where its class is, and goes from class to class without a download", async () => {
        publish(1);
        const up = await succeed("up", fedora({ storage: { size: "4Mi", storageClassName: "http-snapshotting" } }));
        assert.deepEqual([up.outputs["sourceFormat"], up.outputs["storageClass"]], ["snapshot", "http-snapshotting"]);
        assert.equal(await served(), sum(diskOf(1)));
        assert.deepEqual(await names(core("persistentvolumeclaims")), []);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        const before = downloads();
        const there = fedora({ storage: { size: "4Mi", storageClassName: "http-boot-sources" } });
        const preview = await succeed("preview", there);
        assert.match(preview.text, /copies boot source .* to the storage class http-boot-sources/);
        const moved = await succeed("up", there);
        assert.deepEqual([moved.outputs["sourceFormat"], moved.outputs["storageClass"]], ["pvc", "http-boot-sources"]);
        assert.deepEqual([await served(), downloads()], [sum(diskOf(1)), before]);
    });

    it("a snapshot that others took becomes a boot source: CDI clones it, and another one of that name is another version", async () => {
        publish(1);
        await succeed("up", fedora({ storage: { size: "4Mi", storageClassName: "http-snapshotting" } }));
        const taken = (await sourceOf()).snapshot?.name ?? "";
        const golden: Program = () => {
            const args = { size: "4Mi", storageClassName: "http-boot-sources" };
            const made = new BootSource("golden", { source: { snapshot: { name: taken } }, storage: args });
            return Promise.resolve({ ready: made.ready, digest: made.digest, imports: made.imports });
        };
        const both: Program = async () => {
            await fedora({ storage: { size: "4Mi", storageClassName: "http-snapshotting" } })();
            return golden();
        };
        const before = downloads();
        const up = await succeed("up", both);
        const { metadata } = await on.plane.api.get(
            `/apis/snapshot.storage.k8s.io/v1/namespaces/${on.namespace}/volumesnapshots/${taken}`,
        );
        assert.deepEqual([up.outputs["ready"], up.outputs["digest"]], [true, `uid:${metadata.uid ?? ""}`]);
        const [image] = up.outputs["imports"] as { name: string }[];
        const disk = readFileSync(await on.plane.contentOf(on.namespace, image?.name ?? ""));
        assert.deepEqual([sum(disk.subarray(0, length)), downloads()], [sum(diskOf(1)), before]);
        assert.deepEqual((await run("preview")).steps["golden"], ["same"]);
    });

    it("is brought in line again when others moved its DataSource, or deleted it, or its image", async () => {
        publish(1);
        await succeed("up", fedora());
        const path = cdi("datasources", "/fedora");
        await on.plane.api.patch(path, { spec: { source: { pvc: { namespace: on.namespace, name: "elsewhere" } } } });
        await until("CDI says that it is not ready", async () => {
            const { status } = await on.plane.api.get(path);
            return JSON.stringify(status).includes('"status":"False"');
        });
        const refreshed = await succeed("refresh");
        assert.deepEqual(refreshed.steps["fedora"]?.includes("refresh"), true);
        await succeed("up");
        assert.equal(await served(), sum(diskOf(1)));
        const before = downloads();
        await on.plane.api.remove(path);
        await succeed("refresh");
        await succeed("up");
        assert.deepEqual([await served(), downloads()], [sum(diskOf(1)), before], "its image was still there");
        const [image = ""] = await names(cdi("datavolumes"));
        await on.plane.api.remove(cdi("datavolumes", `/${image}`));
        await until("its claim has gone", async () => (await names(core("persistentvolumeclaims"))).length === 0);
        await until("CDI says so", async () =>
            JSON.stringify((await on.plane.api.get(path)).status).includes('"status":"False"'),
        );
        await succeed("refresh");
        const again = await succeed("up");
        assert.deepEqual([again.outputs["ready"], await served()], [true, sum(diskOf(1))]);
    });

    it("does not take an image that was replaced while CDI imported it for the one that was asked for", async () => {
        publish(1);
        let gets = 0;
        const { web } = on;
        // Whoever asks is told of one image, and whoever downloads it is given another one.
        web.answer("/fedora.img", (request, response) => {
            gets += request.method === "GET" ? 1 : 0;
            const image = request.method === "HEAD" && gets === 0 ? 1 : 2;
            response.writeHead(200, { etag: `"image-${image}"`, "content-length": length });
            response.end(request.method === "HEAD" ? undefined : diskOf(image));
        });
        const failed = await run("up", fedora());
        assert.match(failed.failure ?? "", /the image at the source was replaced before its import had ended/);
        await until("it has gone", async () => (await names(cdi("datavolumes"))).length === 0);
        const again = await succeed("up", fedora());
        assert.deepEqual([again.outputs["ready"], await served()], [true, sum(diskOf(2))]);
    });

    it("adopts a DataSource over a hand-made disk: no byte moves; and keeps credentials with its cron, for CDI to read", async () => {
        publish(1);
        const metadata = { name: "hand-made" };
        const storage = { resources: { requests: { storage: "4Mi" } } };
        await on.plane.api.create(cdi("datavolumes"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataVolume",
            metadata: { ...metadata, annotations: { "cdi.kubevirt.io/storage.bind.immediate.requested": "true" } },
            spec: { source: { http: { url: `${on.web.url}/fedora.img` } }, storage },
        });
        const phase = async (): Promise<boolean> =>
            ((await on.plane.api.get(cdi("datavolumes", "/hand-made"))).status as { phase?: string } | undefined)
                ?.phase === "Succeeded";
        await until("it is in", phase);
        await on.plane.api.create(cdi("datasources"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataSource",
            metadata: { name: "fedora" },
            spec: { source: { pvc: { namespace: on.namespace, name: "hand-made" } } },
        });
        const before = downloads();
        const refused = await run("up", fedora());
        assert.match(refused.failure ?? "", /has a DataSource of that name, which no cron manages; set adopt: true/);
        const source = http({ credentials: { accessKeyId: "reader", secretKey: "a-secret-word" } });
        await succeed("up", fedora({ adopt: true, source }));
        assert.deepEqual([(await sourceOf()).pvc?.name, downloads()], ["hand-made", before]);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        const secret = await on.plane.api.get(core("secrets", "/fedora-image-cron-source"));
        const [owner] =
            (secret.metadata as { ownerReferences?: { kind: string; uid: string }[] }).ownerReferences ?? [];
        assert.deepEqual([owner?.kind, owner?.uid], ["ConfigMap", (await kept()).metadata.uid]);
        assert.equal(JSON.stringify(await kept()).includes("a-secret-word"), false);
    });
});
