// BootSources of S3 and of Google Cloud Storage on a cluster: CDI polls neither, so we ask, with the Secret that CDI's importer reads as well.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BootSource, type BootSourceArgs } from "../../components/index.js";
import { runCommand } from "../cli/run-command.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { startGcsServer } from "../servers/gcs-server.js";
import { keys, requireS3Server, startS3Server } from "../servers/s3-server.js";
import { plainStorage, useCluster } from "./cluster-fixture.js";
import type { Program } from "./project.js";

const [first, second] = [makeDisk(1 << 20, { seed: 121 }), makeDisk(1 << 20, { seed: 122 })];
const yearly = "0 3 1 1 *";

describe("boot sources of object stores on CDI", function () {
    this.timeout(300_000);
    const on = useCluster("object-stores", [{ name: "object-stores", provisioner: plainStorage, default: true }]);
    const { run, succeed } = on;

    const fedora =
        (source: BootSourceArgs["source"]): Program =>
        () => {
            const args = { source, schedule: yearly, storage: { size: "4Mi" } };
            const { ready, digest, upToDate } = new BootSource("fedora", args);
            return Promise.resolve({ ready, digest, upToDate });
        };
    const makeSecret = (name: string, stringData: Record<string, string>): Promise<unknown> =>
        on.plane.api.create(on.core("secrets"), { metadata: { name }, stringData });
    const sum = (disk: Uint8Array): string => createHash("sha256").update(disk).digest("hex");
    /** The hash of the disk that the DataSource leads to. */
    const served = async (): Promise<string> => {
        const path = on.cdi("datasources", "/fedora");
        const { spec } = await on.plane.api.get(path);
        const { pvc } = (spec as { source: { pvc?: { name: string } } }).source;
        return sum(readFileSync(await on.plane.contentOf(on.namespace, pvc?.name ?? "")).subarray(0, first.length));
    };
    /** CDI's importer was given the Secret by its name, and no key is anywhere else. */
    const isKeptSecret = async (kind: "s3" | "gcs", secret: string, words: RegExp): Promise<void> => {
        const orders = await on.plane.api.list(on.cdi("datavolumes"));
        const sources = orders.map(({ spec }) => (spec as { source: Record<string, { secretRef?: string }> }).source);
        assert.deepEqual(new Set(sources.map((source) => source[kind]?.secretRef)), new Set([secret]));
        const crons = await on.plane.api.list(on.core("configmaps"));
        assert.doesNotMatch(JSON.stringify([orders, crons]) + on.project.state(), words);
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
            const kubeconfig = join(on.project.directory, "kubeconfig");
            writeFileSync(kubeconfig, on.plane.kubeconfig, { mode: 0o600 });
            const told = await runCommand(["refresh", "--kubeconfig", kubeconfig, "--namespace", on.namespace]);
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
