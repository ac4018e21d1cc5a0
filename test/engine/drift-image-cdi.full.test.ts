// What other clients do to an imported image on a cluster: what a refresh says of it, and what the next update mends.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { until } from "../control-plane/until.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { useCluster } from "./cluster-fixture.js";
import { http, image } from "./fixture.js";
import type { Program } from "./project.js";

const disk = makeDisk(1 << 20, { seed: 73 });

describe("an imported image that others touch", function () {
    this.timeout(300_000);
    const provisioner = "kubevirt.io/hostpath-provisioner";
    const on = useCluster("touched-images", [{ name: "touched-images", provisioner, default: true }]);
    const { succeed } = on;

    beforeEach(() => {
        on.web.serve("/disk.qcow2", makeQcow2(disk));
    });

    const program = (): Program => image(http(`${on.web.url}/disk.qcow2`, { storage: { size: "8Mi" } }));
    const volume = (name: string): string => on.cdi("datavolumes", `/${name}`);
    const claim = (name: string): string => on.core("persistentvolumeclaims", `/${name}`);
    const isGone = (path: string): Promise<unknown> =>
        until(`${path} is gone`, async () => (await on.plane.api.find(path)) === undefined);
    const isWhole = async (name: string): Promise<void> => {
        const there = readFileSync(await on.plane.contentOf(on.namespace, name)).subarray(0, disk.length);
        assert.equal(createHash("sha256").update(there).digest("hex"), createHash("sha256").update(disk).digest("hex"));
    };
    const begin = async (): Promise<string> => String((await succeed("up", program())).outputs["claimName"]);
    /** The refresh finds nothing of it, and the update imports it again. */
    const isMended = async (name: string): Promise<void> => {
        await succeed("refresh");
        const preview = await succeed("preview", program());
        assert.deepEqual(preview.steps["disk"], ["create"], preview.text);
        const up = await succeed("up");
        assert.deepEqual([up.steps["disk"], up.outputs["claimName"]], [["create"], name], up.text);
        await isWhole(name);
        assert.deepEqual((await succeed("preview")).steps["disk"], ["same"]);
    };

    it("is missed where its DataVolume was deleted, and imported again", async () => {
        const name = await begin();
        await on.plane.api.remove(volume(name));
        await isGone(claim(name));
        await isMended(name);
    });

    it("is brought in again by CDI itself where its claim alone was deleted: a refresh then says nothing", async () => {
        const name = await begin();
        const { metadata } = await on.plane.api.get(claim(name));
        await on.plane.api.remove(claim(name));
        await until("CDI has filled another claim", async () => {
            const [now, order] = [await on.plane.api.find(claim(name)), await on.plane.api.get(volume(name))];
            const { phase } = order.status as { phase?: string };
            const isOther = now !== undefined && now.metadata.uid !== metadata.uid;
            return isOther && phase === "Succeeded" && isWhole(name).then(() => true);
        });
        await succeed("refresh");
        const preview = await succeed("preview", program());
        assert.deepEqual(preview.steps["disk"], ["same"], preview.text);
        assert.deepEqual((await succeed("up")).steps["disk"], ["same"]);
    });

    it("is not missed where older CDI has taken its DataVolume away: the claim is the image", async () => {
        const name = await begin();
        const { metadata } = await on.plane.api.get(claim(name));
        // Such CDI keeps the claim: it takes itself off its owners first.
        await on.plane.api.patch(claim(name), { metadata: { ownerReferences: null } });
        await on.plane.api.remove(volume(name), { propagationPolicy: "Orphan" });
        await isGone(volume(name));
        await succeed("refresh");
        const preview = await succeed("preview", program());
        assert.deepEqual(preview.steps["disk"], ["same"], preview.text);
        assert.deepEqual((await succeed("up")).steps["disk"], ["same"]);
        assert.equal((await on.plane.api.get(claim(name))).metadata.uid, metadata.uid);
        await isWhole(name);
    });
});
