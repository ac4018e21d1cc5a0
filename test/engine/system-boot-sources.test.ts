// SystemBootSources by `pulumi up` on a store: the switch both ways, overrides, what stays and what leads nowhere, and whose it is.
import * as assert from "node:assert/strict";
import { closeSync, openSync, readSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { conditionOf } from "../../provider/model/conditions.js";
import type { DataImportCronTemplate } from "../../provider/model/objects.js";
import { hyperConvergedRef, systemNamespace, templateAnnotations } from "../../provider/rules/system-list.js";
import { diskOf } from "./boot-source-program.js";
import type { Program } from "./project.js";
import { ok } from "./storage-default-program.js";
import { at, shipped, useSystem } from "./system-program.js";

describe("SystemBootSources on a store", function () {
    this.timeout(240_000);
    const { engine, run, look, program, publish } = useSystem();

    /** The beginning of the disk that machines are made of, read as a file. */
    const served = (name: string): Buffer => {
        const bytes = Buffer.alloc(diskOf(1).length);
        const file = openSync(path.join(engine.project.store, "sources", systemNamespace, `${name}.img`), "r");
        readSync(file, bytes, 0, bytes.length, 0);
        closeSync(file);
        return bytes;
    };
    const crons = (): Promise<string[]> =>
        look(async (cluster) => (await cluster.list("DataImportCron")).map(({ metadata }) => metadata.name).sort());
    const images = (): Promise<string[]> =>
        look(async (cluster) =>
            (await cluster.list("PersistentVolumeClaim")).map(({ metadata }) => metadata.name).sort(),
        );
    const isReady = (name: string): Promise<boolean> =>
        look(async (cluster) => conditionOf(await cluster.get("DataSource", at(name)), "Ready")?.status === "True");
    const templates = (text: unknown): Record<string, string> =>
        Object.fromEntries((text as { name: string; origin: string }[]).map(({ name, origin }) => [name, origin]));

    it("brings in what the platform ships, and switched off keeps the images and says what leads nowhere [A7, A10, A11, A24]", async () => {
        const preview = ok(await run("preview", program({})));
        for (const line of [
            "sets the switch enableCommonBootImageImport from false to true",
            `imports boot source ${systemNamespace}/fedora from docker://quay.io/containerdisks/fedora:latest`,
        ])
            assert.ok(preview.text.includes(line), `${line}\n${preview.text}`);
        const up = ok(await run("up"));
        assert.equal(up.outputs["switchedOn"], true);
        assert.deepEqual(
            await crons(),
            shipped.map((name) => `${name}-image-cron`),
        );
        assert.ok(served("fedora").equals(diskOf(1)));
        assert.ok(served("centos-stream9").equals(diskOf(2)));
        assert.deepEqual(up.outputs["dataSources"], Object.fromEntries(shipped.map((name) => [name, at(name)])));
        const again = ok(await run("up"));
        assert.deepEqual([...new Set(Object.values(again.steps).flat())], ["same"], again.text);
        const before = await images();

        const off = ok(await run("preview", program({ enabled: false })));
        for (const line of [
            "sets the switch enableCommonBootImageImport from true to false",
            `removes DataImportCron ${systemNamespace}/fedora-image-cron`,
            `keeps image ${systemNamespace}/${String(before.find((name) => name.startsWith("fedora-")))} (5 GiB)`,
            `points DataSource ${systemNamespace}/fedora to claim ${systemNamespace}/fedora, which is not there`,
        ])
            assert.ok(off.text.includes(line), `${line}\n${off.text}`);
        const switched = ok(await run("up"));
        assert.deepEqual(await crons(), []);
        assert.deepEqual(await images(), before, "what was imported stays");
        assert.deepEqual(switched.outputs["dangling"], [...shipped]);
        assert.equal(await isReady("fedora"), false);

        const on = ok(await run("up", program({ enabled: true })));
        assert.deepEqual(await images(), before, "the images that are there are taken up again");
        assert.deepEqual(on.outputs["dangling"], []);
        assert.equal(await isReady("fedora"), true);
    });

    it("leads to a disk that is supplied by hand once it is off, and nothing is updated by itself any more [A14, A16, A19]", async () => {
        ok(await run("up", program({})));
        const byHand: Program = () => {
            const system = new bootsource.SystemBootSources("system", { enabled: false });
            const source = { registry: { url: "docker://quay.io/containerdisks/centos-stream:10" } };
            const image = new bootsource.ImportedImage(
                "by-hand",
                { ...at("fedora"), source, storage: { size: "5Gi" } },
                { dependsOn: [system] },
            );
            return Promise.resolve({ claim: image.claimName, dangling: system.dangling });
        };
        const up = ok(await run("up", byHand));
        assert.equal(up.outputs["claim"], "fedora");
        assert.equal(await isReady("fedora"), true);
        assert.ok(served("fedora").equals(diskOf(3)), "machines get what was supplied");
        assert.equal(await isReady("centos-stream9"), false);
        publish("fedora", "latest", 4);
        ok(await run("refresh"));
        const later = ok(await run("up"));
        assert.deepEqual(later.outputs["dangling"], ["centos-stream10", "centos-stream9"]);
        assert.deepEqual(await crons(), []);
        assert.ok(served("fedora").equals(diskOf(3)), "and go on getting it, whatever is published");
    });

    it("gives another class and schedule to one and switches another off, each entry filled in from the platform's own [A54, A55, A98, Y104]", async () => {
        const overrides = {
            fedora: { schedule: "0 3 * * *", storage: { size: "6Gi" } },
            "centos-stream10-image-cron": { enabled: false },
            "centos-stream9": { enabled: false },
        };
        const up = ok(await run("up", program({ overrides })));
        assert.deepEqual(await crons(), ["fedora-image-cron"]);
        assert.deepEqual(templates(up.outputs["templates"]), {
            "centos-stream10-image-cron": "disabled",
            "centos-stream9-image-cron": "disabled",
            "fedora-image-cron": "overridden",
        });
        const cron = await look((cluster) => cluster.get("DataImportCron", at("fedora-image-cron")));
        assert.equal(cron?.spec.schedule, "0 3 * * *");
        assert.deepEqual(cron.spec.template.spec.storage, { resources: { requests: { storage: "6Gi" } } });
        assert.deepEqual(cron.spec.template.spec.source.registry, {
            url: "docker://quay.io/containerdisks/fedora:latest",
        });
        assert.equal(cron.spec.garbageCollect, "Outdated", "nothing of the platform's entry is lost");
        const changed = ok(await run("preview", program({ overrides: { fedora: { schedule: "0 4 * * *" } } })));
        for (const line of [
            'sets schedule of the entry fedora-image-cron from "0 3 * * *" to "0 4 * * *"',
            `imports boot source ${systemNamespace}/centos-stream9 from`,
        ])
            assert.ok(changed.text.includes(line), `${line}\n${changed.text}`);
        const before = await images();
        ok(await run("up", program({ overrides: { fedora: { schedule: "0 4 * * *", storage: { size: "6Gi" } } } })));
        assert.deepEqual(
            (await images()).filter((name) => name.startsWith("fedora")),
            before,
            "a schedule downloads nothing",
        );
        assert.deepEqual((await crons()).length, 3);

        ok(await run("up", program({ overrides: { fedora: { storage: { size: "6Gi" } } } })));
        const platforms = (await look((cluster) => cluster.get("HyperConverged", hyperConvergedRef)))?.status;
        const [again, other] = await look((cluster) =>
            Promise.all(
                ["fedora", "centos-stream9"].map((name) => cluster.get("DataImportCron", at(`${name}-image-cron`))),
            ),
        );
        assert.ok(platforms?.dataImportSchedule);
        assert.equal(again?.spec.schedule, platforms.dataImportSchedule, "no schedule named is the platform's own");
        assert.equal(other?.spec.schedule, platforms.dataImportSchedule);
    });

    it("keeps what is another's in the list, and restores what it found when it is destroyed [A20, A21, A96, Y105]", async () => {
        const entry: DataImportCronTemplate = {
            metadata: { name: "fedora-image-cron", annotations: { [templateAnnotations.enable]: "false" } },
        };
        const custom: DataImportCronTemplate = { metadata: { name: "mine" } };
        await look(async (cluster) => {
            await cluster.establish();
            const workloadSources = { enableCommonBootImageImport: false, dataImportCronTemplates: [custom, entry] };
            await cluster.create("HyperConverged", { metadata: hyperConvergedRef, spec: { workloadSources } });
        });
        const args = { overrides: { fedora: { schedule: "0 3 * * *" }, "centos-stream9": { enabled: false } } };
        const refused = await run("up", program({ ...args, onDelete: "restore", wait: "accepted" }));
        assert.match(
            refused.failure ?? "",
            /cannot change the entry fedora-image-cron .*somebody else wrote it.*takeOver: true/,
        );
        ok(await run("up", program({ ...args, onDelete: "restore", takeOver: true, wait: "accepted" })));
        const list = async (): Promise<unknown> => {
            const object = await look((cluster) => cluster.get("HyperConverged", hyperConvergedRef));
            const { dataImportCronTemplates = [], enableCommonBootImageImport } = object?.spec.workloadSources ?? {};
            return [enableCommonBootImageImport, ...dataImportCronTemplates.map(({ metadata }) => metadata.name)];
        };
        assert.deepEqual(await list(), [true, "mine", "fedora-image-cron", "centos-stream9-image-cron"]);
        ok(await run("destroy"));
        assert.deepEqual(await list(), [false, "mine", "fedora-image-cron"]);
        const object = await look((cluster) => cluster.get("HyperConverged", hyperConvergedRef));
        assert.deepEqual(object?.spec.workloadSources?.dataImportCronTemplates, [custom, entry]);
        assert.deepEqual(Object.keys(object.metadata.annotations ?? {}), []);
    });

    it("refuses in preview what can never be, and before anything moves what is another's [A8, A17]", async () => {
        const bad = async (args: Parameters<typeof program>[0]): Promise<string> =>
            (await run("preview", program(args))).failure ?? "";
        assert.match(
            await bad({ enabled: false, overrides: { fedora: { schedule: "@daily" } } }),
            /overrides.*fedora.*it would do nothing/s,
        );
        assert.match(
            await bad({ overrides: { fedora: { enabled: false, schedule: "@daily" } } }),
            /it is switched off|switched off \(enabled: false\)/,
        );
        assert.match(await bad({ overrides: { fedora: {} } }), /it overrides nothing/);
        assert.match(
            await bad({ overrides: { fedora: { source: { http: { url: "http://a/b" } } } } }),
            /registry and pvc sources, and no http/,
        );
        assert.match(await bad({ overrides: { fedora: { schedule: "every day" } } }), /Illegal cron schedule|schedule/);
        const typo = program({ overrides: { fedra: { enabled: false } }, wait: "accepted" });
        assert.match(
            (await run("preview", typo)).text,
            /there is no system boot source "fedra"; did you mean "fedora"\?/,
        );
        assert.match((await run("up")).failure ?? "", /did you mean "fedora"\?/);
        ok(await run("up", program({ enabled: false })));
        const other = program({ wait: "accepted" }, "other");
        assert.match(
            (await run("preview", other, "second")).text,
            /cannot change the switch .*system.* holds it; .*takeOver: true/,
        );
        assert.match((await run("up", other, "second")).failure ?? "", /takeOver: true/);
        assert.deepEqual(await crons(), [], "nothing was switched");
        ok(await run("up", program({ wait: "accepted", takeOver: true }, "other"), "second"));
        const gone = ok(await run("refresh", program({ enabled: false })));
        assert.match(gone.text, /SystemBootSources system deleted/, "it is the other's now");
    });

    it("finds by refresh that somebody threw the switch, and puts it back; a moved tag is a diff where no agent polls [A18, A22, A23]", async () => {
        const only = { "centos-stream9": { enabled: false }, "centos-stream10": { enabled: false } };
        ok(await run("up", program({ overrides: only })));
        await look(async (cluster) => {
            await cluster.update("HyperConverged", hyperConvergedRef, ({ spec }) => {
                spec.workloadSources = { ...spec.workloadSources, enableCommonBootImageImport: false };
            });
        });
        ok(await run("refresh"));
        const mended = ok(await run("up"));
        assert.deepEqual(mended.steps["system"], ["update"]);
        assert.equal(await isReady("fedora"), true);
        publish("fedora", "latest", 4);
        assert.deepEqual(ok(await run("preview")).steps["system"], ["same"], "it is not due yet");
        await look(async (cluster) => {
            await cluster.update("DataImportCron", at("fedora-image-cron"), ({ metadata }) => {
                const long = new Date(Date.now() - 13 * 3_600_000).toISOString();
                metadata.annotations = { ...metadata.annotations, "cdi.kubevirt.io/storage.import.lastCronTime": long };
                Reflect.deleteProperty(metadata.annotations, "cdi.kubevirt.io/storage.import.nextCronTime");
            });
        });
        const due = ok(await run("up"));
        assert.deepEqual(due.steps["system"], ["update"], due.text);
        assert.ok(served("fedora").equals(diskOf(4)));
    });
});
