// The DataVolume controller: CDI's phases and conditions, what is waited for, what is tried again and what is final.
import * as assert from "node:assert/strict";
import { statSync } from "node:fs";
import { waitFor } from "../../provider/cluster/wait.js";
import type { DataVolume, Ref } from "../../provider/model/objects.js";
import { sha256 } from "../engine/disks.js";
import { type Web, startWeb } from "../engine/web.js";
import { type EmbeddedStage, makeEmbeddedStage } from "../embedded/stage.js";
import { makeCertificates } from "../servers/certificates.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { startImageServer } from "../servers/image-server.js";
import { requireTool } from "../tools.js";

describe("the DataVolume controller", function () {
    this.timeout(60_000);
    let stage: EmbeddedStage;
    let web: Web;
    const at: Ref = { namespace: "default", name: "example-import-dv" };

    before(async () => {
        web = await startWeb();
    });
    after(() => web.close());
    beforeEach(() => {
        stage = makeEmbeddedStage(new HurryClock());
    });
    afterEach(() => stage.close());

    const order = (spec: DataVolume["spec"]): Promise<DataVolume> =>
        stage.cluster.create("DataVolume", { metadata: { name: at.name, namespace: "default" }, spec });
    const until = (done: (volume: DataVolume) => boolean): Promise<DataVolume> =>
        waitFor(
            stage.cluster,
            "DataVolume",
            at,
            (volume) => (volume !== undefined && done(volume) ? volume : undefined),
            AbortSignal.timeout(30_000),
        );
    const settled = (): Promise<DataVolume> =>
        until(({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed");
    const running = (volume: DataVolume): string[] => {
        const found = volume.status?.conditions?.find(({ type }) => type === "Running");
        return [found?.status ?? "", found?.reason ?? "", found?.message ?? ""];
    };

    it("ends a wrong checksum as CDI does: Failed, ChecksumError, no retry [C15]", async () => {
        const disk = new Uint8Array(1 << 20).fill(1);
        const url = web.serve("/checked.img", disk);
        await order({ source: { http: { url, checksum: `sha256:${"a".repeat(64)}` } }, storage: {} });
        const volume = await settled();
        assert.equal(volume.status?.phase, "Failed");
        const [status, reason, message] = running(volume);
        assert.deepEqual([status, reason], ["False", "ChecksumError"]);
        assert.match(message ?? "", new RegExp(`${"a".repeat(64)}.*${sha256(disk)}`), "both sums are told");
        assert.equal(volume.status.restartCount, 1, "tried once");
        assert.equal(await stage.readDisk(at), undefined, "and nothing is left");
    });

    it("tries a passing failure again, counts it, and gives up within its budget", async () => {
        const url = web.answer("/flaky.img", (_request, response) => {
            response.writeHead(503).end();
        });
        await order({ source: { http: { url } }, storage: {} });
        const volume = await settled();
        assert.equal(volume.status?.phase, "Failed");
        assert.equal(volume.status.restartCount, 3);
        assert.match(running(volume)[2] ?? "", /503/);
    });

    it("waits for a Secret that is named and goes on when it is there [B28, B29, B32, Y602]", async () => {
        const disk = new Uint8Array(1 << 20).fill(2);
        const header = `Basic ${Buffer.from("me:hush").toString("base64")}`;
        const url = web.answer("/locked.img", (request, response) => {
            if (request.headers.authorization !== header) response.writeHead(401).end();
            else
                response
                    .writeHead(200, { "content-length": disk.length })
                    .end(request.method === "HEAD" ? undefined : disk);
        });
        await order({ source: { http: { url, secretRef: "endpoint-secret" } }, storage: {} });
        const waiting = await until(({ status }) => status?.phase === "Pending");
        assert.match(running(waiting)[2] ?? "", /no Secret default\/endpoint-secret/);
        const encode = (text: string): string => Buffer.from(text).toString("base64");
        await stage.cluster.create("Secret", {
            metadata: { name: "endpoint-secret", namespace: "default", labels: { app: "containerized-data-importer" } },
            type: "Opaque",
            data: { accessKeyId: encode("me\n"), secretKey: encode("hush\n") },
        });
        assert.equal((await settled()).status?.phase, "Succeeded");
        assert.deepEqual(await stage.readDisk(at), disk);
    });

    it("waits for a storage class that is named, and says which is missing [B25]", async () => {
        const source = stage.publish("plain", new Uint8Array(1 << 20));
        await order({ source, storage: { storageClassName: "fast" } });
        const waiting = await until(({ status }) => status?.phase === "Pending");
        assert.match(running(waiting)[2] ?? "", /no storage class "fast"/);
        await stage.cluster.create("StorageClass", {
            metadata: { name: "fast" },
            provisioner: "pulumi-bootsource/directory",
        });
        assert.equal((await settled()).status?.phase, "Succeeded");
        const { path = "" } = (await stage.cluster.volume(at)) ?? {};
        assert.match(path, /\/volumes\/fast\/default\/example-import-dv\/disk\.img$/);
    });

    it("trusts the certificates of a ConfigMap in its own namespace, and waits for it [B33, B34, C7, C46]", async function () {
        const { ca, key, cert } = makeCertificates(requireTool(this, "openssl"));
        const server = await startImageServer({ key, cert });
        try {
            const disk = new Uint8Array(1 << 20).fill(4);
            const url = server.serve("/trusted.img", { bytes: disk, etag: '"one"' });
            await stage.cluster.create("ConfigMap", {
                metadata: { name: "certs", namespace: "elsewhere" },
                data: { "ca.pem": ca },
            });
            await order({ source: { http: { url, certConfigMap: "certs" } }, storage: {} });
            const waiting = await until(({ status }) => status?.phase === "Pending");
            assert.match(
                running(waiting)[2] ?? "",
                /no ConfigMap default\/certs/,
                "another namespace's does not count",
            );
            await stage.cluster.create("ConfigMap", {
                metadata: { name: "certs", namespace: "default" },
                data: { "odd name.txt": ca },
            });
            assert.equal((await settled()).status?.phase, "Succeeded", "with the CA the server is trusted");
            assert.deepEqual(await stage.readDisk(at), disk);
        } finally {
            await server.close();
        }
    });

    it("does not trust a server without its certificates, and says so at once", async function () {
        const { key, cert } = makeCertificates(requireTool(this, "openssl"));
        const server = await startImageServer({ key, cert });
        try {
            const url = server.serve("/untrusted.img", { bytes: new Uint8Array(1 << 20), etag: '"one"' });
            await order({ source: { http: { url } }, storage: {} });
            const volume = await settled();
            assert.equal(volume.metadata.annotations?.["pulumi-bootsource/error"], "untrusted");
            assert.equal(volume.status?.restartCount, 1, "trying again would not help");
        } finally {
            await server.close();
        }
    });

    it("refuses a block volume in plain words: disks are files here", async () => {
        await order({
            source: { blank: {} },
            storage: { volumeMode: "Block", resources: { requests: { storage: "1Mi" } } },
        });
        const volume = await settled();
        assert.equal(volume.status?.phase, "Failed");
        assert.match(running(volume)[2] ?? "", /keeps disks as files; leave volumeMode out/);
    });

    it("takes a decimal size to the byte, without an overhead in either form [Y806, Y905, Y906]", async () => {
        const spec = { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1G" } } };
        await order({ source: { blank: {} }, pvc: spec });
        await settled();
        const claim = await stage.cluster.get("PersistentVolumeClaim", at);
        assert.equal((await stage.cluster.volume(at))?.size, 1_000_000_000, "1G is 10^9 bytes");
        assert.deepEqual(claim?.spec.accessModes, ["ReadWriteOnce"]);
        assert.deepEqual(claim.spec.resources, { requests: { storage: "1G" } });
    });

    it("leaves holes, or writes every zero where preallocation asks for it [C29]", async () => {
        const mostlyHole = new Uint8Array(1 << 20).fill(1, 0, 4096);
        const storage = { resources: { requests: { storage: "8Mi" } } };
        const blocksOf = async (preallocation: boolean): Promise<number> => {
            await order({ source: stage.publish("hole", mostlyHole), storage, preallocation });
            await settled();
            const { path = "" } = (await stage.cluster.volume(at)) ?? {};
            const { blocks } = statSync(path);
            await stage.cluster.delete("DataVolume", at);
            return blocks * 512;
        };
        assert.ok((await blocksOf(false)) < 1 << 20, "what is zero takes no room");
        assert.ok((await blocksOf(true)) >= 8 << 20, "the whole disk has its room");
    });

    it("imports another image when its spec changes, and keeps the old disk until that one is whole", async () => {
        const [one, two] = [new Uint8Array(1 << 20).fill(1), new Uint8Array(2 << 20).fill(2)];
        await order({ source: stage.publish("one", one), storage: {} });
        await settled();
        const change = async (source: DataVolume["spec"]["source"]): Promise<DataVolume> => {
            const { metadata } = await stage.cluster.update(
                "DataVolume",
                at,
                (volume) => (volume.spec.source = source),
            );
            return until(
                ({ status }) =>
                    status?.observedGeneration === metadata.generation &&
                    ["Succeeded", "Failed"].includes(status.phase ?? ""),
            );
        };
        const failed = await change({ http: { url: `${web.url}/none.img` } });
        assert.equal(failed.status?.phase, "Failed");
        assert.deepEqual(await stage.readDisk(at), one, "a failure leaves the old disk");
        assert.equal((await change(stage.publish("two", two))).status?.phase, "Succeeded");
        assert.deepEqual(await stage.readDisk(at), two);
    });
});
