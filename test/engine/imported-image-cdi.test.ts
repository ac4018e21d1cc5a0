// An ImportedImage by `pulumi up` on a real Kubernetes API with real CDI: what is there is asked of the API server, and of the disks.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ImportedImageArgs } from "../../components/index.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { useCluster } from "./cluster-fixture.js";
import { http, image } from "./fixture.js";

const first = makeDisk(3 << 20, { seed: 71 });
const second = makeDisk(3 << 20, { seed: 72 });
const storage = { size: "8Mi" };

describe("an imported image on CDI", function () {
    this.timeout(240_000);
    const provisioner = "kubevirt.io/hostpath-provisioner";
    const on = useCluster("images", [{ name: "images", provisioner, default: true }]);
    const { run } = on;

    beforeEach(() => {
        on.web.serve("/first.qcow2", makeQcow2(first));
        on.web.serve("/second.qcow2", makeQcow2(second));
    });

    const volumes = () => on.plane.api.list(on.cdi("datavolumes"));
    const contentOf = async (claim: string): Promise<string> =>
        createHash("sha256")
            .update(readFileSync(await on.plane.contentOf(on.namespace, claim)).subarray(0, first.length))
            .digest("hex");
    const sum = (disk: Uint8Array): string => createHash("sha256").update(disk).digest("hex");
    const from = (path: string, more: Partial<ImportedImageArgs> = {}) =>
        image(http(`${on.web.url}${path}`, { storage, ...more }));

    it("is a DataVolume that CDI fills; unchanged it asks for nothing, another image comes beside it, and all goes with it [B12, B16]", async () => {
        const up = await run("up", from("/first.qcow2"));
        assert.equal(up.failure, undefined, up.text);
        const claim = String(up.outputs["claimName"]);
        assert.equal(await contentOf(claim), sum(first));
        assert.equal(up.outputs["phase"], "Succeeded");
        assert.equal(up.outputs["size"], 8 << 20);
        const again = await run("preview");
        assert.deepEqual(again.steps["disk"], ["same"], again.text);
        const refreshed = await run("refresh");
        assert.deepEqual(refreshed.steps["disk"], ["refresh"], refreshed.text);
        const other = await run("up", from("/second.qcow2"));
        assert.equal(other.failure, undefined, other.text);
        assert.equal(await contentOf(String(other.outputs["claimName"])), sum(second));
        const [left, ...more] = await volumes();
        assert.deepEqual([left?.metadata.name, more.length], [other.outputs["claimName"], 0]);
        await run("destroy");
        assert.deepEqual(await volumes(), []);
    });

    it("under a name of the user's own says that the old disk goes first, and brings the other one in", async () => {
        await run("up", from("/first.qcow2", { name: "golden" }));
        const preview = await run("preview", from("/second.qcow2", { name: "golden" }));
        assert.match(preview.text, /the old disk goes first/);
        const up = await run("up");
        assert.equal(up.failure, undefined, up.text);
        assert.equal(await contentOf("golden"), sum(second));
    });

    it("ends with CDI's own reason where CDI would try for ever, and goes on once that is mended", async () => {
        const failed = await run("up", from("/missing.qcow2", { name: "late" }));
        assert.match(failed.failure ?? "", /cannot import .*late: .*404.*; check the url/s);
        on.web.serve("/missing.qcow2", makeQcow2(second));
        const up = await run("up");
        assert.equal(up.failure, undefined, up.text);
        assert.equal(await contentOf("late"), sum(second));
    });

    it("refuses in preview what CDI cannot do, and makes nothing", async () => {
        const refused = await run("preview", image({ source: { file: { path: "./disk.img" } }, format: "raw" }));
        assert.match(refused.failure ?? "", /a cluster cannot read files of this machine/);
        assert.match(refused.failure ?? "", /CDI finds an image's format out by itself/);
        assert.match(refused.failure ?? "", /Storage size is missing/);
        assert.deepEqual(await volumes(), []);
    });
});
