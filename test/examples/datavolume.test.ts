// The example of a DataVolume as the platform's documentation writes it, by the plain `pulumi` command on a copy.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { clone, type Project, projectFrom } from "../package/project";
import { requireTool } from "../tools";

describe("the example of a DataVolume", function () {
    this.timeout(120_000);
    const image = Buffer.alloc(1 << 20, "raw bytes. ");
    const asked: string[] = [];
    const server: Server = createServer((request, response) => {
        asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "without credentials"}`);
        response.end(image);
    });
    let project: Project;
    let outputs: Record<string, unknown>;

    before(async function () {
        project = projectFrom(path.join(clone, "examples", "datavolume"));
        requireTool(this, "pulumi");
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.img`;
        for (const args of [
            ["stack", "init", "dev"],
            ["config", "set", "url", url],
            ["config", "set", "bootsource:store", "./store"],
            ["up", "--yes"],
        ]) {
            const { code, out, err } = await project.pulumi(...args);
            assert.equal(code, 0, out + err);
        }
        outputs = JSON.parse((await project.pulumi("stack", "output", "--json")).out);
    });
    after(() => {
        server.closeAllConnections();
        server.close();
        project.remove();
    });

    it("keeps the name given, for the volume and its claim [B45, Y902]", () => {
        assert.equal(outputs.claimName, "example-import-dv");
        assert.match(String(outputs.path), /\/example-import-dv\/disk\.img$/);
    });

    it("imports what the url serves into the storage provisioned [B31, B43, Y807, Y903]", () => {
        assert.ok(asked.length > 0 && asked.every((line) => line.includes(" /disk.img ")));
        assert.deepEqual(fs.readFileSync(String(outputs.path)).subarray(0, image.length), image);
        assert.ok(String(outputs.path).startsWith(path.join(fs.realpathSync(project.directory), "store")));
    });

    it("takes empty names of Secret and ConfigMap for none [Y710, Y711, Y904]", () => {
        assert.deepEqual([...new Set(asked.map((line) => line.replace(/^\S+ \S+ /, "")))], ["without credentials"]);
    });

    it("provisions a decimal size, on the class and with the access mode named [Y706, Y708, Y806, Y906]", () => {
        assert.equal(fs.statSync(String(outputs.path)).size, 1_000_000_000);
        assert.equal(outputs.size, 1_000_000_000);
        assert.equal(outputs.storageClass, "local");
        assert.deepEqual(claim().spec.accessModes, ["ReadWriteOnce"]);
    });

    it("is an object of the shape that a DataVolume has in v1beta1, its status as outputs [B11, B44, Y712, Y901]", () => {
        const volume = object("DataVolume");
        assert.match(volume.spec.source.http.url, /\/disk\.img$/);
        assert.deepEqual(volume.spec.pvc?.accessModes, ["ReadWriteOnce"]);
        assert.equal(volume.status.phase, "Succeeded");
        assert.equal(outputs.phase, "Succeeded");
        const ready = (outputs.conditions as { type: string; status: string }[]).find(({ type }) => type === "Ready");
        assert.equal(ready?.status, "True");
    });

    it("makes a claim that one node at a time may write, of the size asked for [Y707, Y805, Y905]", () => {
        assert.deepEqual(claim().spec.accessModes, ["ReadWriteOnce"]);
        assert.equal(claim().spec.resources.requests.storage, "1G");
        assert.equal(claim().metadata.name, "example-import-dv");
    });

    const claim = () => object("PersistentVolumeClaim");

    /** An object as it lies in the store, read by SQL: not by the code that wrote it. */
    function object(kind: string): Stored {
        const database = new DatabaseSync(path.join(project.directory, "store", "store.db"), { readOnly: true });
        try {
            const row = database.prepare("SELECT body FROM objects WHERE kind = ?").get(kind);
            return JSON.parse(String(row?.body)) as Stored;
        } finally {
            database.close();
        }
    }
});

interface Stored {
    metadata: { name: string };
    spec: {
        accessModes: string[];
        resources: { requests: { storage: string } };
        source: { http: { url: string } };
        pvc?: { accessModes: string[] };
    };
    status: { phase: string };
}
