// BootSources that CDI does not poll, by `pulumi up` on a real Kubernetes API with real CDI: CDI imports, and all else is ours.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { BootSource, type BootSourceArgs } from "../../components/index.js";
import type { KubeObject } from "../control-plane/api.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { makeDisk } from "../images/disk.js";
import { useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";

const length = 1 << 20;
const diskOf = (image: number): Buffer => makeDisk(length, { seed: 500 + image });
const yearly = "0 3 1 1 *";
const lastCronTime = "cdi.kubevirt.io/storage.import.lastCronTime";
/** CDI knows this driver as one that clones by snapshots, and keeps boot sources as such. */
const snapshotDriver = "openshift-storage.rbd.csi.ceph.com";

describe("a boot source that CDI does not poll, on CDI", function () {
    this.timeout(300_000);
    const engine = useEngine();
    const clean: (() => Promise<void>)[] = [];
    let plane: ControlPlane;
    let namespace: string;

    before(async function () {
        plane = await startControlPlane(this);
        clean.push(
            await plane.storageClass({
                name: "http-boot-sources",
                provisioner: "kubevirt.io.hostpath-provisioner",
                default: true,
            }),
            await plane.snapshotClass({ name: "http-snapshots", driver: snapshotDriver, default: true }),
            await plane.storageClass({ name: "http-snapshotting", provisioner: snapshotDriver, csi: true }),
        );
    });
    after(async () => {
        for (const remove of clean.reverse()) await remove();
    });
    beforeEach(async () => {
        namespace = await plane.namespace("http-boot-sources");
    });

    const run = (operation: "up" | "preview" | "refresh" | "destroy", program?: Program): Promise<Ran> =>
        engine.project.run(operation, program, {
            store: null,
            config: { kubeconfig: { value: plane.kubeconfig, secret: true }, namespace },
        });
    const succeeds = async (...what: Parameters<typeof run>): Promise<Ran> => {
        const ran = await run(...what);
        assert.equal(ran.failure, undefined, ran.text);
        return ran;
    };
    const http = (more: object = {}): BootSourceArgs["source"] => ({
        http: { url: `${engine.web.url}/fedora.img`, ...more },
    });
    const published = (): BootSourceArgs["source"] => http({ checksumUrl: `${engine.web.url}/fedora.img.sha256` });
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
        engine.web.serve("/fedora.img", diskOf(image));
        engine.web.serve("/fedora.img.sha256", Buffer.from(`${digest}  fedora.img\n`));
        return `sha256:${digest}`;
    };
    const sum = (disk: Uint8Array): string => createHash("sha256").update(disk).digest("hex");
    const cdi = (kind: string, name = ""): string =>
        `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${kind}${name}`;
    const core = (kind: string, name = ""): string => `/api/v1/namespaces/${namespace}/${kind}${name}`;
    const names = async (path: string): Promise<string[]> =>
        (await plane.api.list(path)).map(({ metadata }) => metadata.name).sort();
    const sourceOf = async (): Promise<{ pvc?: { name: string }; snapshot?: { name: string } }> => {
        const { spec } = await plane.api.get(cdi("datasources", "/fedora"));
        return (spec as { source: { pvc?: { name: string }; snapshot?: { name: string } } }).source;
    };
    /** The hash of the disk that the DataSource leads to. */
    const served = async (): Promise<string> => {
        const { pvc, snapshot } = await sourceOf();
        const file =
            snapshot === undefined
                ? plane.contentOf(namespace, pvc?.name ?? "")
                : plane.contentOfSnapshot(namespace, snapshot.name);
        return sum(readFileSync(await file).subarray(0, length));
    };
    const kept = (): Promise<KubeObject> => plane.api.get(core("configmaps", "/fedora-image-cron"));
    const nameOf = (digest: string): string => `fedora-${digest.slice(7, 19)}`;
    /** Lets the time of the next poll come: the last one was long ago. */
    const passAYear = async (): Promise<void> => {
        const annotations = { [lastCronTime]: "2020-01-01T00:00:00Z" };
        await plane.api.patch(core("configmaps", "/fedora-image-cron"), { metadata: { annotations } });
    };
    const downloads = (): number => engine.web.requests.filter((line) => line === "GET /fedora.img").length;

    it("comes in by CDI's importer without a cron of CDI's; it is asked when its time has come, and moves by an ordinary diff; All leaves it", async () => {
        publish(1);
        const up = await succeeds(
            "up",
            fedora({ importsToKeep: 2, labels: { "instancetype.kubevirt.io/default-preference": "fedora" } }),
        );
        assert.deepEqual([up.outputs["ready"], up.outputs["upToDate"]], [true, true], up.text);
        assert.deepEqual([up.outputs["sourceFormat"], up.outputs["storageClass"]], ["pvc", "http-boot-sources"]);
        assert.deepEqual(await names(cdi("dataimportcrons")), []);
        assert.equal(await served(), sum(diskOf(1)));
        const { metadata } = await plane.api.get(cdi("datasources", "/fedora"));
        assert.equal(metadata.labels?.["instancetype.kubevirt.io/default-preference"], "fedora");
        publish(2);
        const asked = engine.web.requests.length;
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        assert.equal(engine.web.requests.length, asked, "nobody is asked before the next time");
        await passAYear();
        const { resourceVersion } = (await kept()).metadata;
        const preview = await succeeds("preview");
        assert.deepEqual(preview.steps["fedora"], ["update"], preview.text);
        assert.match(preview.text, /imports boot source [^ ]+\/fedora \(fedora-[0-9a-f]{12}\).*1 MiB to download/);
        assert.equal((await kept()).metadata.resourceVersion, resourceVersion, "a preview writes nothing");
        const first = (await sourceOf()).pvc?.name ?? "";
        await succeeds("up");
        assert.equal(await served(), sum(diskOf(2)));
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        const second = (await sourceOf()).pvc?.name ?? "";
        publish(3);
        await passAYear();
        const third = await succeeds("up");
        assert.equal(await served(), sum(diskOf(3)));
        const imports = (third.outputs["imports"] as { name: string }[]).map(({ name }) => name);
        assert.deepEqual(imports, [(await sourceOf()).pvc?.name, second], "the last two; the newest first");
        await until("the oldest has gone", async () => !(await names(core("persistentvolumeclaims"))).includes(first));
        await succeeds("destroy");
        assert.deepEqual(await names(core("configmaps")), ["kube-root-ca.crt"]);
        assert.equal(await served(), sum(diskOf(3)));
    });

    it("with a published checksum is known by it: reviewed, pinned to a kept one without a download, and with None nothing is left", async () => {
        const first = publish(1);
        const args = { source: published(), updates: "reviewed", retentionPolicy: "None" } as const;
        assert.equal((await succeeds("up", fedora(args))).outputs["digest"], first);
        const volume = await plane.api.get(cdi("datavolumes", `/${nameOf(first)}`));
        assert.equal((volume.spec as { source: { http: { checksum: string } } }).source.http.checksum, first);
        const second = publish(2);
        assert.deepEqual((await succeeds("preview")).steps["fedora"], ["update"]);
        // What the preview showed is what the update does, and the image has moved on: CDI is given the sum, and refuses.
        publish(3);
        const refused = await run("up");
        assert.match(refused.failure ?? "", /checksum mismatch/);
        assert.equal(await served(), sum(diskOf(1)), "what was there serves on");
        publish(2);
        assert.equal((await succeeds("up")).outputs["digest"], second);
        assert.equal(await served(), sum(diskOf(2)));
        const before = downloads();
        const { updates: _not, ...pinned } = args;
        const back = await succeeds("up", fedora({ ...pinned, pin: first }));
        assert.equal(back.outputs["digest"], first);
        assert.deepEqual([await served(), downloads()], [sum(diskOf(1)), before]);
        await succeeds("destroy");
        for (const path of [cdi("datasources"), cdi("datavolumes"), core("persistentvolumeclaims")])
            await until(`nothing is left at ${path}`, async () => (await names(path)).length === 0);
    });

    it("is kept as a snapshot where its class is, and goes from class to class without a download", async () => {
        publish(1);
        const up = await succeeds("up", fedora({ storage: { size: "4Mi", storageClassName: "http-snapshotting" } }));
        assert.deepEqual([up.outputs["sourceFormat"], up.outputs["storageClass"]], ["snapshot", "http-snapshotting"]);
        assert.equal(await served(), sum(diskOf(1)));
        assert.deepEqual(await names(core("persistentvolumeclaims")), []);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        const before = downloads();
        const there = fedora({ storage: { size: "4Mi", storageClassName: "http-boot-sources" } });
        const preview = await succeeds("preview", there);
        assert.match(preview.text, /copies boot source .* to the storage class http-boot-sources/);
        const moved = await succeeds("up", there);
        assert.deepEqual([moved.outputs["sourceFormat"], moved.outputs["storageClass"]], ["pvc", "http-boot-sources"]);
        assert.deepEqual([await served(), downloads()], [sum(diskOf(1)), before]);
    });

    it("a snapshot that others took becomes a boot source: CDI clones it, and another one of that name is another version", async () => {
        publish(1);
        await succeeds("up", fedora({ storage: { size: "4Mi", storageClassName: "http-snapshotting" } }));
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
        const up = await succeeds("up", both);
        const { metadata } = await plane.api.get(
            `/apis/snapshot.storage.k8s.io/v1/namespaces/${namespace}/volumesnapshots/${taken}`,
        );
        assert.deepEqual([up.outputs["ready"], up.outputs["digest"]], [true, `uid:${metadata.uid ?? ""}`]);
        const [image] = up.outputs["imports"] as { name: string }[];
        const disk = readFileSync(await plane.contentOf(namespace, image?.name ?? ""));
        assert.deepEqual([sum(disk.subarray(0, length)), downloads()], [sum(diskOf(1)), before]);
        assert.deepEqual((await run("preview")).steps["golden"], ["same"]);
    });

    it("is brought in line again when others moved its DataSource, or deleted it, or its image", async () => {
        publish(1);
        await succeeds("up", fedora());
        const path = cdi("datasources", "/fedora");
        await plane.api.patch(path, { spec: { source: { pvc: { namespace, name: "elsewhere" } } } });
        await until("CDI says that it is not ready", async () => {
            const { status } = await plane.api.get(path);
            return JSON.stringify(status).includes('"status":"False"');
        });
        const refreshed = await succeeds("refresh");
        assert.deepEqual(refreshed.steps["fedora"]?.includes("refresh"), true);
        await succeeds("up");
        assert.equal(await served(), sum(diskOf(1)));
        const before = downloads();
        await plane.api.remove(path);
        await succeeds("refresh");
        await succeeds("up");
        assert.deepEqual([await served(), downloads()], [sum(diskOf(1)), before], "its image was still there");
        const [image = ""] = await names(cdi("datavolumes"));
        await plane.api.remove(cdi("datavolumes", `/${image}`));
        await until("its claim has gone", async () => (await names(core("persistentvolumeclaims"))).length === 0);
        await until("CDI says so", async () =>
            JSON.stringify((await plane.api.get(path)).status).includes('"status":"False"'),
        );
        await succeeds("refresh");
        const again = await succeeds("up");
        assert.deepEqual([again.outputs["ready"], await served()], [true, sum(diskOf(1))]);
    });

    it("does not take an image that was replaced while CDI imported it for the one that was asked for", async () => {
        publish(1);
        let gets = 0;
        const { web } = engine;
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
        const again = await succeeds("up", fedora());
        assert.deepEqual([again.outputs["ready"], await served()], [true, sum(diskOf(2))]);
    });

    it("adopts a DataSource over a hand-made disk: no byte moves; and keeps credentials with its cron, for CDI to read", async () => {
        publish(1);
        const metadata = { name: "hand-made" };
        const storage = { resources: { requests: { storage: "4Mi" } } };
        await plane.api.create(cdi("datavolumes"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataVolume",
            metadata: { ...metadata, annotations: { "cdi.kubevirt.io/storage.bind.immediate.requested": "true" } },
            spec: { source: { http: { url: `${engine.web.url}/fedora.img` } }, storage },
        });
        const phase = async (): Promise<boolean> =>
            ((await plane.api.get(cdi("datavolumes", "/hand-made"))).status as { phase?: string } | undefined)
                ?.phase === "Succeeded";
        await until("it is in", phase);
        await plane.api.create(cdi("datasources"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataSource",
            metadata: { name: "fedora" },
            spec: { source: { pvc: { namespace, name: "hand-made" } } },
        });
        const before = downloads();
        const refused = await run("up", fedora());
        assert.match(refused.failure ?? "", /has a DataSource of that name, which no cron manages; set adopt: true/);
        const source = http({ credentials: { accessKeyId: "reader", secretKey: "a-secret-word" } });
        await succeeds("up", fedora({ adopt: true, source }));
        assert.deepEqual([(await sourceOf()).pvc?.name, downloads()], ["hand-made", before]);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
        const secret = await plane.api.get(core("secrets", "/fedora-image-cron-source"));
        const [owner] =
            (secret.metadata as { ownerReferences?: { kind: string; uid: string }[] }).ownerReferences ?? [];
        assert.deepEqual([owner?.kind, owner?.uid], ["ConfigMap", (await kept()).metadata.uid]);
        assert.equal(JSON.stringify(await kept()).includes("a-secret-word"), false);
    });
});
