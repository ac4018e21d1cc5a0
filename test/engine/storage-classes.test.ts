// Storage classes through the real engine: declared in a stack or on a Provider, seen by the first preview, and clones of snapshots.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { makeDisk } from "../images/disk.js";
import { http, image, useEngine } from "./fixture.js";

const disk = makeDisk(2 << 20, { seed: 81 });

describe("storage classes of a stack", function () {
    this.timeout(180_000);
    const engine = useEngine();

    /** What another resource of the platform would do to the store between two runs. */
    const snap = async (claim: string, name: string): Promise<void> => {
        const cluster = new EmbeddedCluster(engine.project.store, { clock: systemClock, warn: () => undefined });
        try {
            await cluster.create("VolumeSnapshot", {
                metadata: { name, namespace: "default" },
                spec: { source: { persistentVolumeClaimName: claim } },
            });
            await waitFor(
                cluster,
                "VolumeSnapshot",
                { namespace: "default", name },
                (found) => (found?.status?.readyToUse === true ? found : undefined),
                AbortSignal.timeout(20_000),
            );
        } finally {
            await cluster.close();
        }
    };

    it("are there from the first preview on, keep disks where they say, and snapshots of them are brought in", async () => {
        const { project, web } = engine;
        const declared = [
            { name: "fast", directory: "./fast", mode: "0640", snapshot: "overlay", defaults: ["virtualization"] },
            { name: "slow", defaults: ["cluster"] },
        ];
        const config = { storageClasses: JSON.stringify(declared) };
        const url = web.serve("/disk.img", disk);
        const named = http(url, { name: "golden", storage: { storageClassName: "fast" } });
        const seen = await project.run("preview", image(named), { config });
        assert.equal(seen.failure, undefined);
        assert.doesNotMatch(seen.text, /there is no storage class/, "the class that the update will make counts");
        assert.equal(existsSync(project.store), false);
        const made = await project.run("up");
        assert.equal(made.failure, undefined);
        const golden = path.join(project.directory, "fast", "default", "golden", "disk.img");
        assert.equal(made.outputs["path"], golden, "relative to the project");
        assert.ok(readFileSync(golden).equals(disk));
        assert.equal(statSync(golden).mode & 0o777, 0o640);

        await snap("golden", "golden-1");
        const both = (): Promise<Record<string, unknown>> => {
            const first = new bootsource.ImportedImage("disk", { source: { http: { url } }, ...named });
            const copy = new bootsource.ImportedImage("copy", {
                source: { snapshot: { name: "golden-1" } },
                storage: { size: "4Mi", storageClassName: "slow" },
            });
            return Promise.resolve({ first: first.path, copy: copy.path, virtualSize: copy.virtualSize });
        };
        const preview = await project.run("preview", both);
        assert.match(preview.text, /from snapshot default\/golden-1 \(nothing to download\)/);
        const before = web.requests.length;
        const copied = await project.run("up");
        assert.deepEqual([copied.failure, copied.steps["disk"]], [undefined, ["same"]]);
        const copy = String(copied.outputs["copy"]);
        assert.ok(copy.startsWith(path.join(project.store, "volumes", "slow", "default")));
        assert.ok(readFileSync(copy).subarray(0, disk.length).equals(disk));
        assert.deepEqual([statSync(copy).size, statSync(copy).mode & 0o777], [4 << 20, 0o600]);
        assert.equal(web.requests.length, before, "nothing was downloaded");
        const again = await project.run("refresh");
        assert.deepEqual([again.failure, again.diagnostics], [undefined, []]);
        assert.deepEqual((await project.run("up")).steps["copy"], ["same"]);
        assert.equal((await project.run("destroy")).failure, undefined);
        assert.deepEqual([existsSync(golden), existsSync(copy)], [false, false]);
    });

    it("are declared on a Provider too, and refused with the path of what is wrong", async () => {
        const { project, web } = engine;
        const url = web.serve("/disk.img", disk);
        const program = (storageClasses: bootsource.StorageClassArgs[]) => () => {
            const provider = new bootsource.Provider("lab", { store: "./lab", storageClasses });
            const made = new bootsource.ImportedImage("disk", { source: { http: { url } } }, { provider });
            return Promise.resolve({ path: made.path, storageClass: made.storageClass });
        };
        const misspelt = [{ name: "fast", derectory: "x" } as unknown as bootsource.StorageClassArgs];
        const refused = await project.run("preview", program(misspelt));
        assert.match(
            refused.failure ?? "",
            /bootsource:storageClasses: \[0\]\.derectory: .*did you mean "directory"\?/,
        );
        const made = await project.run("up", program([{ name: "fast", defaults: ["cluster"] }]));
        assert.equal(made.failure, undefined);
        assert.equal(made.outputs["storageClass"], "fast");
        assert.ok(String(made.outputs["path"]).startsWith(path.join(project.directory, "lab", "volumes", "fast")));
        const moved = await project.run("up", program([{ name: "fast", defaults: ["cluster"], mode: "0660" }]));
        assert.deepEqual([moved.failure, moved.steps["disk"]], [undefined, ["same"]], "nothing is imported again");
    });
});
