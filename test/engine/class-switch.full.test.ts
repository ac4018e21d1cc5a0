// Ten boot sources change their class and form, watched every 10 ms by another process: none is without a disk at any moment.
import * as assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import type { Looks } from "./source-looker.js";
import type { Program } from "./project.js";
import { ok, useStorageDefaults } from "./storage-default-program.js";

describe("a class switch of ten boot sources of a store, watched at 10 ms", function () {
    this.timeout(240_000);
    const { engine, run, image, program, look } = useStorageDefaults();
    const names = Array.from({ length: 10 }, (_, index) => `image-${index}`);
    const thin = { dataImportCronSourceFormat: "snapshot" } as const;

    /** Carries out a program and watches meanwhile; each DataSource is to lead to a second place, and no third one. */
    const watched = async (change: Program): Promise<void> => {
        const child = fork(path.join(__dirname, "source-looker.js"), [engine.project.store], { execArgv: [] });
        await once(child, "message");
        const up = await run("up", change);
        const answered = once(child, "message");
        child.send("stop");
        const [{ times, faults, ways }] = (await answered) as [Looks];
        ok(up);
        assert.deepEqual(faults, []);
        assert.ok(times > 100, `looked ${times} times`);
        assert.deepEqual(
            Object.entries(ways).map(([name, way]) => [name, way.length]),
            names.map((name) => [name, 2]),
            JSON.stringify(ways, null, 1),
        );
    };
    const forms = () =>
        look(async (cluster) => ({
            claims: (await cluster.list("PersistentVolumeClaim")).map(({ spec }) => spec.storageClassName),
            snapshots: (await cluster.list("VolumeSnapshot")).map(({ status }) => status?.storageClass),
        }));
    const ten = (name: string): string[] => names.map(() => name);

    it("by the default that they follow, by a class of their own, and in the form they are kept", async () => {
        for (const name of names) image(name);
        const one = { importsToKeep: 1 };
        ok(await run("up", program(undefined, names, one)));
        assert.deepEqual(await forms(), { claims: ten("plain"), snapshots: [] });
        await watched(program(thin, names, one));
        assert.deepEqual(await forms(), { claims: [], snapshots: ten("thin") });
        await watched(program(thin, names, { ...one, storage: { storageClassName: "plain" } }));
        assert.deepEqual(await forms(), { claims: ten("plain"), snapshots: [] });
    });
});
