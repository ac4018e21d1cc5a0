// A StorageDefault through its life: drift, other classes and roles, two stacks, and profiles.
import * as assert from "node:assert/strict";
import type * as bootsource from "../../components/index.js";
import { type Args, ok, useStorageDefaults, virtMark } from "./storage-default-program.js";

describe("the life of a StorageDefault on a store", function () {
    this.timeout(240_000);
    const { run, image, program, marks, look } = useStorageDefaults();

    it("keeps marks and profile when it is destroyed, unless told otherwise [A45]", async () => {
        ok(await run("up", program({ role: "cluster", dataImportCronSourceFormat: "snapshot" })));
        ok(await run("destroy"));
        assert.deepEqual(await marks("thin"), [undefined, "true"]);
        assert.deepEqual(await marks("plain"), [undefined, "false"]);
        const profile = await look((cluster) => cluster.get("StorageProfile", { name: "thin" }));
        assert.equal(profile?.spec.dataImportCronSourceFormat, "snapshot");
    });

    it("sees that somebody else marked another class, or changed the profile, and mends that [A35, A43]", async () => {
        ok(await run("up", program({ dataImportCronSourceFormat: "snapshot" })));
        await look(async (cluster) => {
            await cluster.update("StorageClass", { name: "plain" }, ({ metadata }) => {
                metadata.annotations = { ...metadata.annotations, [virtMark]: "true" };
            });
            await cluster.update("StorageProfile", { name: "thin" }, (profile) => {
                profile.spec = { dataImportCronSourceFormat: "pvc" };
            });
        });
        assert.deepEqual(
            (await run("preview")).steps["vms"],
            ["same"],
            "nobody asks the world for what does not change",
        );
        ok(await run("refresh"));
        const found = ok(await run("preview"));
        assert.deepEqual(found.steps["vms"], ["update"]);
        assert.match(found.text, /no longer marks the storage class plain as the default for virtual machines/);
        ok(await run("up"));
        assert.deepEqual(await marks("plain"), ["false", "true"]);
        const profile = await look((cluster) => cluster.get("StorageProfile", { name: "thin" }));
        assert.equal(profile?.status?.dataImportCronSourceFormat, "snapshot");
        ok(await run("refresh"));
        assert.deepEqual((await run("up")).steps["vms"], ["same"]);
    });

    it("moves to another class in place, and to another role without a moment in which nobody has it [A44, A46]", async () => {
        ok(await run("up", program({ dataImportCronSourceFormat: "snapshot", onDelete: "restore" })));
        const moved = ok(await run("up", program({ storageClassName: "plain", onDelete: "restore" })));
        assert.deepEqual(moved.steps["vms"], ["update"]);
        assert.deepEqual(
            [await marks("plain"), await marks("thin")],
            [
                ["true", "true"],
                ["false", undefined],
            ],
        );
        const profile = await look((cluster) => cluster.get("StorageProfile", { name: "thin" }));
        assert.deepEqual(profile?.spec, {}, "the profile that is left has its former values");
        const role = ok(await run("up", program({ storageClassName: "thin", role: "both" })));
        assert.ok(role.steps["vms"]?.includes("replace"), role.text);
        assert.deepEqual(
            [await marks("plain"), await marks("thin")],
            [
                ["false", "false"],
                ["true", "true"],
            ],
        );
    });

    it("is refused to a second stack, which is told who holds the role, and may take it over", async () => {
        ok(await run("up", program({})));
        const second = program({ storageClassName: "plain" });
        const held = /urn:pulumi:test::engine::.*::vms made thin the default for virtual machines/;
        assert.match((await run("preview", second, "other")).text, held);
        assert.match((await run("up", second, "other")).failure ?? "", held);
        assert.deepEqual(await marks("thin"), ["true", undefined]);
        ok(await run("up", program({ storageClassName: "plain", takeOver: true }), "other"));
        assert.deepEqual(
            [await marks("plain"), await marks("thin")],
            [
                ["true", "true"],
                ["false", undefined],
            ],
        );
    });

    it("changes a profile alone with the role none: formats, modes, the way to clone [A29, A77, A85, A87]", async () => {
        image("fedora");
        const on = { storage: { storageClassName: "thin" } };
        ok(await run("up", program(undefined, ["fedora"], on)));
        const sets = [{ accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem" }];
        const args: Args = {
            role: "none",
            dataImportCronSourceFormat: "snapshot",
            cloneStrategy: "copy",
            claimPropertySets: sets,
        };
        const preview = ok(await run("preview", program(args, ["fedora"], on)));
        assert.match(preview.text, /copies|moves boot source default\/fedora from thin \(pvc\) to thin \(snapshot\)/);
        const up = ok(await run("up"));
        const { asked, effective } = up.outputs["profile"] as bootsource.ShownStorageProfile;
        assert.deepEqual(asked, {
            dataImportCronSourceFormat: "snapshot",
            cloneStrategy: "copy",
            claimPropertySets: sets,
        });
        assert.deepEqual([effective.cloneStrategy, effective.snapshotClass], ["copy", "bootsource-overlay"]);
        assert.deepEqual(await marks("thin"), [undefined, undefined]);
        const source = await look((cluster) => cluster.get("DataSource", { namespace: "default", name: "fedora" }));
        assert.ok(source?.status?.source?.snapshot, "it leads to a snapshot now");
        ok(await run("up", program({ role: "none", cloneStrategy: "copy" }, ["fedora"], on)));
        const profile = await look((cluster) => cluster.get("StorageProfile", { name: "thin" }));
        assert.deepEqual(profile?.spec, { cloneStrategy: "copy" }, "what is asked for no more is as it was");
    });

    it("tells which format counts on the class, before and after it is asked for another [A64, A83, A84, A86]", async () => {
        const formatOf = async (args: Args): Promise<unknown[]> => {
            const { outputs } = ok(await run("up", program({ role: "none", ...args })));
            const profile = await look((cluster) => cluster.get("StorageProfile", { name: "thin" }));
            return [outputs["effectiveSourceFormat"], profile?.status?.dataImportCronSourceFormat];
        };
        assert.deepEqual(await formatOf({}), ["pvc", "pvc"]);
        assert.deepEqual(await formatOf({ dataImportCronSourceFormat: "snapshot" }), ["snapshot", "snapshot"]);
    });
});
