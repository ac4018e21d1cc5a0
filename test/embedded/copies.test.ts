// Copies in place of downloads: a disk of the same content is taken, but only one that is exactly as it was imported.
import * as assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { refOf, useOrders } from "../controllers/orders.js";
import { holdOpen } from "./hold-open.js";

describe("in place of a download", function () {
    this.timeout(30_000);
    const orders = useOrders([
        { name: "plain", defaults: ["cluster"] },
        { name: "fast", snapshot: "overlay" },
    ]);
    const bytes = new Uint8Array(1 << 20).fill(7, 4096);
    const imported = async (name: string, size = "1Mi"): Promise<void> => {
        const storage = { storageClassName: "fast", resources: { requests: { storage: size } } };
        await orders.order(name, { source: orders.stage.publish(name, bytes), storage });
        await orders.settled(name);
    };
    const diskOf = async (claim: string): Promise<string> =>
        (await orders.stage.cluster.volume(refOf(claim)))?.path ?? "";

    const copy = async (of: string, size = "1Mi"): Promise<string> => {
        const annotations = { "pulumi-bootsource/copy-of": of };
        const storage = { storageClassName: "plain", resources: { requests: { storage: size } } };
        const fresh = new Uint8Array(1 << 20).fill(9);
        await orders.order("copy", { source: orders.stage.publish("fresh", fresh), storage }, { annotations });
        await orders.settled("copy");
        const [first] = readFileSync(await diskOf("copy")).subarray(8192);
        return first === 9 ? "downloaded" : "copied";
    };

    it("a claim is copied that is exactly as it was imported", async () => {
        await imported("gold");
        assert.equal(await copy("pvc/default/gold"), "copied");
    });

    it("what was written since its import is not", async () => {
        await imported("gold");
        writeFileSync(await diskOf("gold"), "guest", { flag: "r+" });
        assert.equal(await copy("pvc/default/gold"), "downloaded");
    });

    it("what a program has open is not", async () => {
        await imported("gold");
        const holder = await holdOpen(await diskOf("gold"), "r+");
        assert.equal(await copy("pvc/default/gold").finally(() => holder.close()), "downloaded");
    });

    it("what is not there is not, and what is no disk's name is not", async () => {
        assert.equal(await copy("snapshot/default/gold"), "downloaded");
        await orders.stage.cluster.delete("DataVolume", refOf("copy"));
        assert.equal(await copy("whatever"), "downloaded");
    });

    it("a disk that was grown beyond the size asked for is not: its image may fit", async () => {
        await imported("gold", "4Mi");
        assert.equal(await copy("pvc/default/gold", "2Mi"), "downloaded");
    });
});
