// Imports by the real CDI on the control plane: the bytes come by our importer, everything else is CDI's own doing.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { request } from "node:https";
import { startWeb, type Web } from "../engine/web.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { afterwards } from "../tools.js";
import type { KubeObject } from "./api.js";
import { startControlPlane, type ControlPlane } from "./control-plane.js";
import { until } from "./until.js";

const mebibyte = 1024 * 1024;

interface Failing {
    readonly phase: string;
    readonly restartCount?: number;
    readonly conditions: readonly { readonly type: string; readonly message?: string }[];
}

describe("imports by CDI on the control plane", function () {
    this.timeout(180_000);
    let plane: ControlPlane;
    let web: Web;
    let namespace: string;
    let clean: (() => Promise<void>)[] = [];
    const disk = makeDisk(3 * mebibyte);
    const image = makeQcow2(disk);

    before(async function () {
        plane = await startControlPlane(this);
        web = await startWeb();
        afterwards(this, () => web.close());
        namespace = await plane.namespace("imports");
        clean = [
            await plane.storageClass({ name: "imports-plain", provisioner: "kubevirt.io/hostpath-provisioner" }),
            await plane.storageClass({
                name: "imports-csi",
                provisioner: "openshift-storage.rbd.csi.ceph.com",
                csi: true,
                binding: "WaitForFirstConsumer",
            }),
        ];
    });
    after(async () => {
        for (const remove of clean) await remove();
    });

    const path = (kind: string, name = ""): string =>
        kind === "datavolumes"
            ? `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datavolumes${name}`
            : `/api/v1/namespaces/${namespace}/${kind}${name}`;
    const make = (name: string, storageClassName: string, url: string, annotations = {}): Promise<KubeObject> =>
        plane.api.create(path("datavolumes"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataVolume",
            metadata: { name, annotations },
            spec: {
                source: { http: { url } },
                storage: { storageClassName, resources: { requests: { storage: "8Mi" } } },
            },
        });
    const phase = (name: string, wanted: string): Promise<KubeObject> =>
        until(`the DataVolume ${name} is ${wanted}`, async () => {
            const found = await plane.api.get(path("datavolumes", `/${name}`));
            return (found.status as { phase?: string } | undefined)?.phase === wanted ? found : undefined;
        });
    const begins = async (file: string): Promise<string> => {
        const handle = await open(file);
        try {
            const bytes = Buffer.alloc(disk.length);
            await handle.read(bytes, 0, bytes.length, 0);
            return createHash("sha256").update(bytes).digest("hex");
        } finally {
            await handle.close();
        }
    };
    const wanted = createHash("sha256").update(disk).digest("hex");

    it("fills the claim itself where its class has no CSI driver, with the image's bytes", async () => {
        web.serve("/plain.qcow2", image);
        await make("plain", "imports-plain", `${web.url}/plain.qcow2`);
        await phase("plain", "Succeeded");
        const file = await plane.contentOf(namespace, "plain");
        assert.equal(await begins(file), wanted);
        assert.equal((await readFile(file)).length, 8 * mebibyte);
    });

    it("fills a claim through a populator, once somebody wants it at once", async () => {
        web.serve("/csi.qcow2", image);
        await make("waits", "imports-csi", `${web.url}/csi.qcow2`);
        await phase("waits", "PendingPopulation");
        await make("csi", "imports-csi", `${web.url}/csi.qcow2`, {
            "cdi.kubevirt.io/storage.bind.immediate.requested": "true",
        });
        await phase("csi", "Succeeded");
        assert.equal(await begins(await plane.contentOf(namespace, "csi")), wanted);
    });

    const tellsProgress = async (): Promise<void> => {
        let goOn = (): void => undefined;
        const gate = new Promise<void>((resolve) => (goOn = resolve));
        web.answer("/slow.img", ({ method }, response) => {
            response.writeHead(200, { "content-length": disk.length });
            if (method === "HEAD") return void response.end();
            // In many pieces: an importer speaks up when more comes.
            const half = disk.length / 2;
            let sent = 0;
            const trickle = setInterval(() => {
                response.write(disk.subarray(sent, (sent += half / 32)));
                if (sent === half) clearInterval(trickle);
            }, 50);
            void gate.then(() => {
                clearInterval(trickle);
                response.end(disk.subarray(sent));
            });
        });
        await make("slow", "imports-plain", `${web.url}/slow.img`);
        try {
            await until("CDI tells of half the import", async () => {
                const { status } = await plane.api.get(path("datavolumes", "/slow"));
                const percent = Number.parseFloat((status as { progress?: string } | undefined)?.progress ?? "");
                return percent > 10 && percent < 90;
            });
        } finally {
            goOn();
        }
        await phase("slow", "Succeeded");
        assert.equal(await begins(await plane.contentOf(namespace, "slow")), wanted);
    };
    // Elsewhere pods cannot have addresses of their own.
    if (process.platform === "linux") it("tells how far an import has come", tellsProgress);

    it("takes an upload with CDI's token, once", async () => {
        await plane.api.create(path("datavolumes"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataVolume",
            metadata: { name: "upload" },
            spec: {
                source: { upload: {} },
                storage: { storageClassName: "imports-plain", resources: { requests: { storage: "8Mi" } } },
            },
        });
        await phase("upload", "UploadReady");
        const tokens = `/apis/upload.cdi.kubevirt.io/v1beta1/namespaces/${namespace}/uploadtokenrequests`;
        const asked = {
            apiVersion: "upload.cdi.kubevirt.io/v1beta1",
            kind: "UploadTokenRequest",
            metadata: { name: "upload" },
            spec: { pvcName: "upload" },
        };
        const { token } = (await plane.api.create(tokens, asked)).status as { token: string };
        const { status } = await plane.api.get("/apis/cdi.kubevirt.io/v1beta1/cdiconfigs/config");
        const { uploadProxyURL } = status as { uploadProxyURL: string };
        const send = async (bearer: string): Promise<number> => {
            const options = { method: "POST", ca: plane.ca, headers: { authorization: `Bearer ${bearer}` } };
            return new Promise((resolve, reject) => {
                const sent = request(`https://${uploadProxyURL}/v1beta1/upload`, options, (response) => {
                    response.resume();
                    resolve(response.statusCode ?? 0);
                });
                sent.once("error", reject).end(image);
            });
        };
        assert.equal(await send(`${token.slice(0, -8)}AAAAAAAA`), 401);
        assert.equal(await send(token), 200);
        await phase("upload", "Succeeded");
        assert.equal(await begins(await plane.contentOf(namespace, "upload")), wanted);
        assert.equal(await send(token), 503);
    });

    it("copies a claim by two pods where there is no better way", async () => {
        web.serve("/source.qcow2", image);
        await make("source", "imports-plain", `${web.url}/source.qcow2`);
        await phase("source", "Succeeded");
        await plane.api.create(path("datavolumes"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataVolume",
            metadata: { name: "copy", annotations: { "cdi.kubevirt.io/storage.bind.immediate.requested": "true" } },
            spec: {
                source: { pvc: { namespace, name: "source" } },
                storage: { storageClassName: "imports-plain" },
            },
        });
        await phase("copy", "Succeeded");
        assert.equal(await begins(await plane.contentOf(namespace, "copy")), wanted);
    });

    it("starts a failing importer again and again, and CDI passes its words on", async () => {
        await make("missing", "imports-plain", `${web.url}/missing.qcow2`);
        const { message, phase: is } = await until("the importer was started again, and failed again", async () => {
            const { status } = await plane.api.get(path("datavolumes", "/missing"));
            const { restartCount = 0, conditions, phase } = status as Failing;
            const { message = "" } = conditions.find(({ type }) => type === "Running") ?? {};
            return restartCount >= 2 && message !== "" ? { message, phase } : undefined;
        });
        assert.equal(
            message,
            "Unable to connect to http data source: expected status code 200, got 404. Status: 404 Not Found",
        );
        assert.equal(is, "ImportInProgress");
    });
});
