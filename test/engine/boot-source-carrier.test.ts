// A boot source as an entry of the HyperConverged's list, by `pulumi up` on a store: what the object holds, whose it is, and there and back.
import * as assert from "node:assert/strict";
import * as bootsource from "../../components/index.js";
import { ownerOf } from "../../provider/cluster/ownership.js";
import { conditionOf } from "../../provider/model/conditions.js";
import type { DataImportCronTemplate } from "../../provider/model/objects.js";
import { hyperConvergedRef, templateAnnotations } from "../../provider/rules/system-list.js";
import { ok } from "./storage-default-program.js";
import type { Program, Ran } from "./project.js";
import { useSystem } from "./system-program.js";

describe("a boot source in the platform's list, on a store", function () {
    this.timeout(240_000);
    const { run, look } = useSystem();

    const source = { registry: { url: "docker://quay.io/containerdisks/fedora:latest" } };
    const carrier = "hyperConverged";
    const program =
        (args: Partial<bootsource.BootSourceArgs> = {}, name = "mine"): Program =>
        () => {
            const made = new bootsource.BootSource(name, { source, schedule: "0 3 * * *", ...args });
            return Promise.resolve({ digest: made.digest, ready: made.ready, imports: made.imports });
        };
    const list = async (): Promise<DataImportCronTemplate[]> => {
        const object = await look((cluster) => cluster.get("HyperConverged", hyperConvergedRef));
        return object?.spec.workloadSources?.dataImportCronTemplates ?? [];
    };
    const edit = (change: (entries: DataImportCronTemplate[]) => DataImportCronTemplate[]): Promise<unknown> =>
        look((cluster) =>
            cluster.update("HyperConverged", hyperConvergedRef, ({ spec }) => {
                const sources = (spec.workloadSources ??= {});
                sources.dataImportCronTemplates = change(sources.dataImportCronTemplates ?? []);
            }),
        );
    const cron = (name = "mine-image-cron") =>
        look((cluster) => cluster.get("DataImportCron", { namespace: "default", name }));
    const images = async (): Promise<string[]> => {
        const found = await look((cluster) => cluster.list("PersistentVolumeClaim", { namespace: "default" }));
        return found.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort();
    };
    const isReady = () =>
        look(async (cluster) => {
            const found = await cluster.get("DataSource", { namespace: "default", name: "mine" });
            return conditionOf(found, "Ready")?.status === "True";
        });
    const failureOf = ({ failure, text }: Ran): string => failure ?? text;

    it("is an entry that says all that it means, leaves the system's switch alone, and goes with the resource [A66, Y204, Y207, Y210]", async () => {
        const preview = ok(await run("preview", program({ carrier })));
        assert.match(preview.text, /creates entry mine-image-cron in the list of the HyperConverged kubevirt-hyper/);
        assert.match(preview.text, /imports boot source default\/mine \(mine-[0-9a-f]{12}\) from docker:/);
        const up = ok(await run("up"));
        assert.equal(up.outputs["ready"], true);
        const [entry, ...others] = await list();
        assert.deepEqual(others, []);
        assert.deepEqual(
            { ...entry?.metadata, annotations: Object.keys(entry?.metadata.annotations ?? {}).sort() },
            {
                name: "mine-image-cron",
                namespace: "default",
                annotations: [templateAnnotations.bindImmediate, "pulumi-bootsource/token", "pulumi-bootsource/urn"],
            },
        );
        assert.deepEqual(entry?.spec, {
            template: { spec: { source, storage: {} } },
            schedule: "0 3 * * *",
            managedDataSource: "mine",
            importsToKeep: 3,
            // Else the platform puts None there, and deletes the images with each change of the entry.
            retentionPolicy: "All",
        });
        const object = await look((cluster) => cluster.get("HyperConverged", hyperConvergedRef));
        assert.equal(object?.spec.workloadSources?.enableCommonBootImageImport, false);
        assert.deepEqual((await cron())?.spec, entry.spec, "the platform made its cron");
        assert.equal(await isReady(), true);
        const before = await images();

        assert.deepEqual(ok(await run("up")).steps["mine"], ["same"]);
        await edit((entries) =>
            entries.map((one) => ({ ...one, metadata: { ...one.metadata, labels: { added: "by-another-hand" } } })),
        );
        ok(await run("refresh"));
        assert.deepEqual(ok(await run("preview")).steps["mine"], ["same"], "what others add is no drift");

        const changed = ok(await run("up", program({ carrier, schedule: "0 4 * * *" })));
        assert.deepEqual(changed.steps["mine"], ["update"]);
        assert.equal((await cron())?.spec.schedule, "0 4 * * *");
        assert.equal((await list())[0]?.metadata.labels?.["added"], "by-another-hand");
        assert.deepEqual(await images(), before, "a schedule imports nothing");

        ok(await run("destroy"));
        assert.deepEqual(await list(), []);
        assert.equal(await cron(), undefined);
        assert.deepEqual(await images(), before, "retentionPolicy All leaves the images");
        assert.equal(await isReady(), true, "and the DataSource");
    });

    it("changes carriers in place, there and back: digest, DataSource and images stay what they are", async () => {
        const first = ok(await run("up", program()));
        const before = { images: await images(), cron: (await cron())?.metadata.uid };
        const there = ok(await run("preview", program({ carrier })));
        assert.match(
            there.text,
            /moves DataImportCron default\/mine-image-cron to the list of the HyperConverged .*; its DataSource and images stay/,
        );
        const moved = ok(await run("up"));
        assert.deepEqual(moved.steps["mine"], ["update"], "no replacement");
        assert.equal((await list()).length, 1);
        assert.deepEqual(await images(), before.images);
        assert.equal((await cron())?.metadata.uid, before.cron, "the platform takes up the cron that is there");
        assert.equal(moved.outputs["digest"], first.outputs["digest"]);
        assert.equal(await isReady(), true);

        const back = ok(await run("preview", program()));
        assert.match(
            back.text,
            /moves entry mine-image-cron from the list of the HyperConverged .* to a DataImportCron/,
        );
        const bare = ok(await run("up"));
        assert.deepEqual(await list(), []);
        const now = await cron();
        assert.ok(now !== undefined && now.metadata.uid !== before.cron, "its own, and not the platform's");
        assert.deepEqual(
            Object.keys(now.metadata.annotations ?? {}).filter((key) => key.startsWith("operator-sdk")),
            [],
        );
        assert.deepEqual(await images(), before.images);
        assert.equal(bare.outputs["digest"], first.outputs["digest"]);
        assert.equal(await isReady(), true);
        assert.deepEqual(ok(await run("up")).steps["mine"], ["same"]);
        assert.notEqual(await cron(), undefined, "nobody takes it away afterwards");
    });

    it("has one owner, across stacks and other hands, and none of them loses an entry", async () => {
        ok(await run("up", program({ carrier })));
        const [mine] = await list();
        assert.ok(mine !== undefined);
        const second = await run("preview", program({ carrier }), "second");
        assert.match(second.text, /it has one of that name, which belongs to urn:pulumi:test::.*another name/);
        assert.match(failureOf(await run("up", undefined, "second")), /which belongs to urn:pulumi:test::/);
        const other = program({ carrier, name: "other-image-cron", managedDataSource: "mine" });
        assert.match(
            failureOf(await run("up", other, "second")),
            /it has mine-image-cron, for the same DataSource, which belongs to/,
        );
        assert.deepEqual(await list(), [mine], "and it is as it was");

        const theirs: DataImportCronTemplate = {
            metadata: { name: "theirs-image-cron", namespace: "default" },
            spec: { ...structuredClone(mine.spec), managedDataSource: "theirs" } as DataImportCronTemplate["spec"] & {},
        };
        await edit((entries) => [theirs, ...entries]);
        const named = { carrier, managedDataSource: "theirs", wait: "accepted" };
        assert.match(
            failureOf(await run("up", program(named, "third"), "second")),
            /it has one of that name, which Pulumi did not make; set adopt: true/,
        );
        ok(await run("up", program({ ...named, adopt: true }, "third"), "second"));
        const [adopted, still] = await list();
        assert.match(ownerOf(adopted?.metadata ?? { annotations: {} })?.urn ?? "", /::third$/, "in its place");
        assert.deepEqual(still, mine);
        ok(await run("destroy", undefined, "second"));
        assert.deepEqual(await list(), [mine]);
    });

    it("mends what another hand changes of it, and makes it anew where it was taken out", async () => {
        ok(await run("up", program({ carrier })));
        const before = await images();
        await edit(([one]) => [{ ...one, spec: { ...one?.spec, importsToKeep: 1 } } as DataImportCronTemplate]);
        assert.match(ok(await run("refresh")).text, /importsToKeep/);
        ok(await run("up"));
        assert.equal((await list())[0]?.spec?.importsToKeep, 3);
        const off = { [templateAnnotations.enable]: "false" };
        await edit(([one]) => [
            {
                ...one,
                metadata: { ...one?.metadata, annotations: { ...one?.metadata.annotations, ...off } },
            } as DataImportCronTemplate,
        ]);
        ok(await run("refresh"));
        assert.deepEqual(ok(await run("up")).steps["mine"], ["update"], "an entry that is switched off is drift");
        assert.equal((await list())[0]?.metadata.annotations?.[templateAnnotations.enable], undefined);
        assert.notEqual(await cron(), undefined);
        await edit(() => []);
        assert.match(ok(await run("refresh")).text, /BootSource mine deleted/);
        ok(await run("up"));
        assert.equal((await list()).length, 1);
        assert.deepEqual(await images(), before, "and nothing was imported for any of it");
        assert.equal(await isReady(), true);
    });

    it("takes its images along with retentionPolicy None, and moves to another name with all that it has", async () => {
        ok(await run("up", program({ carrier, retentionPolicy: "None" })));
        const before = await images();
        const renamed = ok(await run("up", program({ carrier, retentionPolicy: "None", name: "renamed" })));
        assert.deepEqual(
            (await list()).map(({ metadata }) => metadata.name),
            ["renamed"],
            renamed.text,
        );
        assert.deepEqual(await images(), before);
        assert.equal(await isReady(), true);
        assert.equal((await list())[0]?.spec?.retentionPolicy, "All", "no change of the entry can lose them");
        ok(await run("destroy"));
        assert.deepEqual(await images(), []);
        assert.equal(await isReady(), false);
    });

    it("refuses in preview what the platform's crons cannot do, and what it ships itself, with what to do", async () => {
        const bad = async (args: Partial<bootsource.BootSourceArgs>): Promise<string> =>
            failureOf(await run("preview", program({ carrier, ...args })));
        const url = `docker://quay.io/containerdisks/fedora@sha256:${"a".repeat(64)}`;
        for (const [args, says] of [
            [{ updates: "reviewed" }, /updates.*by their schedule; leave out updates, or leave out carrier/],
            [{ pin: `sha256:${"a".repeat(64)}` }, /pin.*holds none; give no digest/],
            [{ source: { registry: { url } } }, /holds none; give no digest/],
            [{ source: { http: { url: "http://a/b.img" } } }, /registry and pvc sources, and no http/],
            [{ keepFor: "3d" }, /keepFor.*use importsToKeep/],
            [{ schedule: "" }, /schedule.*without a schedule the platform never asks/],
            [{ name: "fedora-image-cron" }, /overrides of SystemBootSources \(overrides: \{ "fedora"/],
            [
                { namespace: "kubevirt-os-images", managedDataSource: "centos-stream9" },
                /centos-stream9-image-cron is a boot source that the platform ships/,
            ],
        ] as const)
            assert.match(await bad(args), says);
        assert.equal(await look((cluster) => cluster.get("HyperConverged", hyperConvergedRef)), undefined);
    });
});
