// A StorageDefault by `pulumi up` on a store: marks move, boot sources follow, and what cannot be is refused before anything moves.
import * as assert from "node:assert/strict";
import * as path from "node:path";
import { sha256Of, stateOf } from "./project.js";
import { type Args, ok, useStorageDefaults, virtMark } from "./storage-default-program.js";

describe("a StorageDefault on a store", function () {
    this.timeout(240_000);
    const { engine, run, image, program, marks, look } = useStorageDefaults();

    it("goes before the cluster's default for virtual machines; boot sources follow without a download, and preview says so [A31, A32, A34, A48]", async () => {
        for (const name of ["fedora", "debian"]) image(name);
        ok(await run("up", program(undefined, ["fedora", "debian"])));
        const before = stateOf(engine.project, "fedora");
        assert.equal(before["storageClass"], "plain");
        const asked = program({ dataImportCronSourceFormat: "snapshot" }, ["fedora", "debian"]);
        const preview = ok(await run("preview", asked));
        for (const line of [
            'sets dataImportCronSourceFormat of the storage profile thin from "pvc" to "snapshot"',
            "marks the storage class thin as the default for virtual machines",
            "moves boot source default/fedora from plain (pvc) to thin (snapshot) (nothing to download); the present image serves",
            "moves boot source default/debian from plain (pvc) to thin (snapshot)",
        ])
            assert.ok(preview.text.includes(line), `${line}\n${preview.text}`);
        assert.deepEqual(await marks("thin"), [undefined, undefined], "a preview changes nothing");
        const up = ok(await run("up", asked));
        assert.deepEqual(await marks("thin"), ["true", undefined]);
        assert.deepEqual(await marks("plain"), [undefined, "true"], "the cluster's default is another role");
        assert.deepEqual(up.outputs["roles"], ["virt"]);
        assert.equal(up.outputs["effectiveSourceFormat"], "snapshot");
        const digest = sha256Of(path.join(engine.project.directory, "fedora.img"));
        const source = await look((cluster) => cluster.get("DataSource", { namespace: "default", name: "fedora" }));
        const snapshot = source?.status?.source?.snapshot;
        assert.ok(snapshot !== undefined, "it leads to a snapshot");
        const disk = await look((cluster) => cluster.volumeOfSnapshot(snapshot));
        assert.equal(sha256Of(String(disk?.path)), digest);
        const again = ok(await run("up"));
        assert.deepEqual([...new Set(Object.values(again.steps).flat())], ["same"], again.text);
    });

    it("takes the mark from every holder after it has it itself, remembers them, and gives it back where that is asked for [A33, A42, A47, A49]", async () => {
        const both: Args = { role: "both", dataImportCronSourceFormat: "snapshot", onDelete: "restore" };
        image("fedora");
        ok(await run("up", program(undefined, ["fedora"])));
        await look(async (cluster) => {
            await cluster.update("StorageClass", { name: "plain" }, ({ metadata }) => {
                metadata.annotations = { ...metadata.annotations, [virtMark]: "true" };
            });
        });
        const preview = ok(await run("preview", program(both)));
        assert.match(preview.text, /no longer marks the storage class plain as the cluster's default/);
        const up = ok(await run("up"));
        assert.deepEqual(up.outputs["previousDefaults"], { virt: ["plain"], cluster: ["plain"] });
        assert.deepEqual(await marks("plain"), ["false", "false"]);
        assert.deepEqual(await marks("thin"), ["true", "true"]);
        ok(await run("destroy"));
        assert.deepEqual(await marks("plain"), ["true", "true"]);
        assert.deepEqual(await marks("thin"), ["false", "false"]);
        const profile = await look((cluster) => cluster.get("StorageProfile", { name: "thin" }));
        assert.deepEqual(profile?.spec, {}, "the profile has its former values");
        assert.deepEqual(Object.keys(profile.metadata.annotations ?? {}), []);
    });

    it("refuses before anything moves a class that is not there, a snapshot that the storage cannot take, and words it does not know [A30, A82]", async () => {
        ok(await run("up", program(undefined, [])));
        const missing = await run("preview", program({ storageClassName: "thim" }));
        assert.equal(missing.failure, undefined, "the same run may still make it");
        assert.match(missing.text, /cannot use the storage class "thim": .* did you mean "thin"\?/);
        assert.match((await run("up")).failure ?? "", /cannot use the storage class "thim"/);
        const snapshots: Args = { storageClassName: "plain", role: "both", dataImportCronSourceFormat: "snapshot" };
        const impossible = /plain cannot keep boot sources as snapshots: there is no VolumeSnapshotClass for/;
        assert.match((await run("preview", program(snapshots))).text, impossible);
        assert.match((await run("up")).failure ?? "", impossible);
        assert.deepEqual(await marks("plain"), [undefined, "true"], "as before");
        const wrong = await run("preview", program({ role: "virtual" }));
        assert.match(wrong.failure ?? "", /role.*it must be one of virt, cluster, both, none/);
    });
});
