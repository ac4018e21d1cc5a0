// BootSources of S3 and of Google Cloud Storage on a cluster: CDI polls neither, so we ask, with the Secret that CDI's importer reads as well.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BootSource, type BootSourceArgs } from "../../components/index.js";
import { runCommand } from "../cli/run-command.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { startGcsServer } from "../servers/gcs-server.js";
import { keys, requireS3Server, startS3Server } from "../servers/s3-server.js";
import { afterwards } from "../tools.js";
import { useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";

const [first, second] = [makeDisk(1 << 20, { seed: 121 }), makeDisk(1 << 20, { seed: 122 })];
const yearly = "0 3 1 1 *";

describe("boot sources of object stores on CDI", function () {
    this.timeout(300_000);
    const engine = useEngine();
    let plane: ControlPlane;
    let namespace: string;
    let removeClass: () => Promise<void>;

    before(async function () {
        plane = await startControlPlane(this);
        const provisioner = "kubevirt.io.hostpath-provisioner";
        removeClass = await plane.storageClass({ name: "object-stores", provisioner, default: true });
        afterwards(this, removeClass);
    });
    beforeEach(async () => {
        namespace = await plane.namespace("object-stores");
    });

    const run = (operation: "up" | "preview" | "destroy", program?: Program): Promise<Ran> =>
        engine.project.run(operation, program, {
            store: null,
            config: { kubeconfig: { value: plane.kubeconfig, secret: true }, namespace },
        });
    const succeed = async (...asked: Parameters<typeof run>): Promise<Ran> => {
        const ran = await run(...asked);
        assert.equal(ran.failure, undefined, ran.text);
        return ran;
    };
    const fedora =
        (source: BootSourceArgs["source"]): Program =>
        () => {
            const args = { source, schedule: yearly, storage: { size: "4Mi" } };
            const { ready, digest, upToDate } = new BootSource("fedora", args);
            return Promise.resolve({ ready, digest, upToDate });
        };
    const makeSecret = (name: string, stringData: Record<string, string>): Promise<unknown> =>
        plane.api.create(`/api/v1/namespaces/${namespace}/secrets`, { metadata: { name }, stringData });
    const sum = (disk: Uint8Array): string => createHash("sha256").update(disk).digest("hex");
    /** The hash of the disk that the DataSource leads to. */
    const served = async (): Promise<string> => {
        const path = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datasources/fedora`;
        const { spec } = await plane.api.get(path);
        const { pvc } = (spec as { source: { pvc?: { name: string } } }).source;
        return sum(readFileSync(await plane.contentOf(namespace, pvc?.name ?? "")).subarray(0, first.length));
    };
    /** CDI's importer was given the Secret by its name, and no key is anywhere else. */
    const isKeptSecret = async (kind: "s3" | "gcs", secret: string, words: RegExp): Promise<void> => {
        const orders = await plane.api.list(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datavolumes`);
        const sources = orders.map(({ spec }) => (spec as { source: Record<string, { secretRef?: string }> }).source);
        assert.deepEqual(new Set(sources.map((source) => source[kind]?.secretRef)), new Set([secret]));
        const crons = await plane.api.list(`/api/v1/namespaces/${namespace}/configmaps`);
        assert.doesNotMatch(JSON.stringify([orders, crons]) + engine.project.state(), words);
    };

    it("come in from S3 with a Secret's keys, and go on with `bootsource refresh`, which reads it; without it the update says what is missing", async function () {
        const server = await startS3Server(await requireS3Server(this), ["images"]);
        try {
            await server.put("images", "fedora.qcow2", makeQcow2(first));
            const source = { s3: { url: `${server.url}/images/fedora.qcow2`, secretRef: "reader" } };
            const refused = await run("up", fedora(source));
            assert.match(refused.failure ?? "", /reader/);
            await makeSecret("reader", keys);
            const up = await succeed("up", fedora(source));
            assert.deepEqual([up.outputs["ready"], up.outputs["upToDate"], await served()], [true, true, sum(first)]);
            assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
            await isKeptSecret("s3", "reader", /s3cret/);

            // Previews read no Secrets, and an update does what a preview could show: whoever refreshes asks.
            await server.put("images", "fedora.qcow2", makeQcow2(second));
            assert.deepEqual((await succeed("up")).steps["fedora"], ["same"]);
            const kubeconfig = join(engine.project.directory, "kubeconfig");
            writeFileSync(kubeconfig, plane.kubeconfig, { mode: 0o600 });
            const told = await runCommand(["refresh", "--kubeconfig", kubeconfig, "--namespace", namespace]);
            assert.match(told.stdout, /fedora: now version:/, told.stderr);
            assert.doesNotMatch(told.stdout + told.stderr, /s3cret/);
            assert.equal(await served(), sum(second));
            assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
            await succeed("destroy");
        } finally {
            await server.close();
        }
    });

    it("come in from Google Cloud Storage with a service account of a Secret, and public ones with nothing", async () => {
        const server = await startGcsServer();
        try {
            server.put("private", "fedora.qcow2", makeQcow2(first));
            server.put("public", "fedora.img", second);
            await makeSecret("account", { "credentials.json": server.credentialsJson });
            const source = { gcs: { url: `${server.url}/private/fedora.qcow2`, secretRef: "account" } };
            const up = await succeed("up", fedora(source));
            assert.deepEqual([up.outputs["ready"], await served()], [true, sum(first)]);
            assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
            await isKeptSecret("gcs", "account", /s3cret|PRIVATE KEY/);
            await succeed("up", fedora({ gcs: { url: `${server.url}/public/fedora.img` } }));
            assert.equal(await served(), sum(second));
            await succeed("destroy");
        } finally {
            await server.close();
        }
    });
});
