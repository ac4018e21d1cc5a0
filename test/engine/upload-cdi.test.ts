// Files of this machine, uploaded by `pulumi up` to a real Kubernetes API with real CDI, through a played upload proxy.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ImportedImageArgs } from "../../components/index.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { type UploadRelay, startUploadRelay } from "../kubernetes/upload-relay.js";
import { useCluster } from "./cluster-fixture.js";
import { image } from "./fixture.js";
import type { Program } from "./project.js";

const first = makeDisk(3 << 20, { seed: 81 });
const second = makeDisk(3 << 20, { seed: 82 });
const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("an upload to CDI", function () {
    this.timeout(240_000);
    const provisioner = "kubevirt.io/hostpath-provisioner";
    const on = useCluster("uploads", [{ name: "uploads", provisioner, default: true }], () => ({
        uploadProxyCaCertificates: on.plane.ca,
    }));
    const { run } = on;
    let proxy: string;
    let relay: UploadRelay | undefined;

    before(async () => {
        const { status } = await on.plane.api.get("/apis/cdi.kubevirt.io/v1beta1/cdiconfigs/config");
        proxy = (status as { uploadProxyURL: string }).uploadProxyURL;
    });
    afterEach(async () => {
        await relay?.close();
        relay = undefined;
    });

    const file = (name: string, bytes: Uint8Array): string => {
        const path = join(on.project.directory, name);
        writeFileSync(path, bytes);
        return path;
    };
    const from = (path: string, more: Partial<ImportedImageArgs> = {}): Program =>
        image({ source: { upload: { path } }, storage: { size: "8Mi" }, ...more });
    const volumes = () => on.plane.api.list(on.cdi("datavolumes"));
    const contentOf = async (claim: unknown): Promise<string> =>
        sum(readFileSync(await on.plane.contentOf(on.namespace, String(claim))).subarray(0, first.length));

    it("is the file's content: found by CDI's own word, unchanged it asks for nothing, other bytes are another disk [B12]", async () => {
        const path = file("disk.qcow2", makeQcow2(first));
        const preview = await run("preview", from("disk.qcow2"));
        assert.match(preview.text, /from .*disk\.qcow2/);
        assert.deepEqual(await volumes(), []);
        const up = await run("up");
        assert.equal(up.failure, undefined, up.text);
        assert.equal(up.outputs["phase"], "Succeeded");
        assert.equal(await contentOf(up.outputs["claimName"]), sum(first));
        const again = await run("preview");
        assert.deepEqual(again.steps["disk"], ["same"], again.text);
        writeFileSync(path, makeQcow2(second));
        const other = await run("up");
        assert.equal(other.failure, undefined, other.text);
        assert.notEqual(other.outputs["claimName"], up.outputs["claimName"]);
        assert.equal(await contentOf(other.outputs["claimName"]), sum(second));
        await run("destroy");
        assert.deepEqual(await volumes(), []);
    });

    it("under a name of the user's own another file takes the place of the one that was begun, and of the one that was ready", async () => {
        const path = file("disk.img", first);
        const begun = await run("up", from(path, { name: "golden", timeoutSeconds: 5 }), {
            uploadProxyUrl: "127.0.0.1:9",
            uploadProxyCaCertificates: on.plane.ca,
        });
        assert.match(begun.failure ?? "", /upload proxy https:\/\/127\.0\.0\.1:9 cannot be reached/);
        writeFileSync(path, second);
        const up = await run("up", from(path, { name: "golden" }), { uploadProxyUrl: proxy });
        assert.equal(up.failure, undefined, up.text);
        assert.equal(await contentOf("golden"), sum(second));
        writeFileSync(path, first);
        await run("up");
        assert.equal(await contentOf("golden"), sum(first));
    });

    it("trusts no proxy that nobody vouches for, unless that is asked for by name", async () => {
        const path = file("disk.img", first);
        const refused = await run("up", from(path), {});
        assert.match(
            refused.failure ?? "",
            /certificate of the upload proxy .* is not trusted.*uploadProxyCaCertificates/s,
        );
        const up = await run("up", undefined, { uploadProxyInsecure: "true" });
        assert.equal(up.failure, undefined, up.text);
        assert.equal(await contentOf(up.outputs["claimName"]), sum(first));
    });

    it("makes no disk of a file that is not the one named, and goes on once it is", async () => {
        const path = file("disk.img", second);
        const checksum = `sha256:${sum(first)}`;
        const refused = await run("up", from(path, { checksum, name: "named" }));
        assert.match(refused.failure ?? "", /its sha256 is .*no disk was made of them/s);
        assert.notEqual(((await volumes())[0]?.status as { phase: string }).phase, "Succeeded");
        writeFileSync(path, first);
        const up = await run("up");
        assert.equal(up.failure, undefined, up.text);
        assert.equal(await contentOf("named"), sum(first));
    });

    it("sends it again from the beginning where the connection was cut", async () => {
        const path = file("disk.img", first);
        relay = await startUploadRelay(proxy);
        relay.cutOnceAfter(1 << 20);
        const up = await run("up", from(path), {
            uploadProxyUrl: relay.address,
            uploadProxyCaCertificates: on.plane.ca,
        });
        assert.equal(up.failure, undefined, up.text);
        assert.equal(await contentOf(up.outputs["claimName"]), sum(first));
        assert.ok(relay.sent() > first.length + (1 << 20), "the beginning was sent twice");
    });

    it("is finished by the next update where a kill took the one that was sending", async () => {
        const path = file("disk.img", first);
        relay = await startUploadRelay(proxy);
        const held = relay.holdAfter(1 << 20);
        const settings = {
            kubeconfig: on.plane.kubeconfig,
            namespace: on.namespace,
            uploadProxyUrl: relay.address,
            uploadProxyCaCertificates: on.plane.ca,
        };
        const args = { source: { upload: { path } }, storage: { size: "8Mi" } };
        const task = file("task.json", Buffer.from(JSON.stringify({ store: "", settings, args })));
        const killed = update(task);
        await held;
        killed.kill("SIGKILL");
        await once(killed, "exit");
        assert.equal((await volumes()).length, 1);
        relay.release();
        const finishing = update(task);
        const said: Buffer[] = [];
        finishing.stdout?.on("data", (chunk: Buffer) => said.push(chunk));
        const [code] = (await once(finishing, "close")) as [number];
        assert.equal(code, 0);
        const { state } = JSON.parse(Buffer.concat(said).toString()) as { state: { claimName: string } };
        assert.equal((await volumes()).length, 1);
        assert.equal(await contentOf(state.claimName), sum(first));
    });
});

/** One update in a process of its own, as the dynamic provider runs it. */
function update(task: string): ChildProcess {
    const script = resolve(__dirname, "../kills/run-session.js");
    return spawn(process.execPath, [script, task], { stdio: ["ignore", "pipe", "inherit"] });
}
