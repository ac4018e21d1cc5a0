// A store for the commands that work on boot sources: crons over files of this machine, and what became of them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { refOf } from "../../provider/cluster/boot-imports.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataImportCron, DataVolumeSource } from "../../provider/model/objects.js";
import { type EmbeddedStage, makeEmbeddedStage } from "../embedded/stage.js";
import { type Ended, runCommand } from "./run-command.js";

/** The store, and shorthands. */
export interface BootStore {
    readonly stage: EmbeddedStage;
    /** Puts an image where the source of that name reads it; its time makes it another version. */
    publish(name: string, bytes: Uint8Array): DataVolumeSource;
    makeCron(name: string, more?: Partial<DataImportCron["spec"]>, source?: DataVolumeSource): Promise<void>;
    /** Path of what the DataSource leads to. */
    current(name: string): Promise<string>;
    /** Runs the command on the store. */
    run(...parameters: string[]): Promise<Ended>;
}

/** A store per test: `pvc` keeps full disks, `overlay` images that clones are built on. */
export function useBootStore(format: "pvc" | "overlay" = "pvc"): BootStore {
    let stage: EmbeddedStage | undefined;
    const here = (): EmbeddedStage => {
        if (stage === undefined) throw new Error("no test has begun");
        return stage;
    };
    beforeEach(async () => {
        stage = makeEmbeddedStage(systemClock, [
            format === "pvc"
                ? { name: "local", defaults: ["cluster"] }
                : { name: "fast", defaults: ["cluster"], snapshot: "overlay", dataImportCronSourceFormat: "snapshot" },
        ]);
        await stage.cluster.establish();
    });
    afterEach(() => here().close());
    const publish = (name: string, bytes: Uint8Array): DataVolumeSource => {
        const path = join(here().directory, `${name}.img`);
        writeFileSync(path, bytes);
        return { file: { path } };
    };
    return {
        get stage() {
            return here();
        },
        publish,
        makeCron: async (name, more, source = { file: { path: join(here().directory, `${name}.img`) } }) => {
            await here().cluster.create("DataImportCron", {
                metadata: { namespace: "default", name: `${name}-image-cron` },
                spec: {
                    template: { spec: { source, storage: {} } },
                    ...{ schedule: "0 0 1 1 *", managedDataSource: name, ...more },
                },
            });
        },
        current: async (name) => {
            const source = await here().cluster.get("DataSource", { namespace: "default", name });
            const { pvc, snapshot } = source?.spec.source ?? {};
            const volume =
                snapshot === undefined
                    ? await here().cluster.volume(pvc ?? { name })
                    : await here().cluster.volumeOfSnapshot(refOf(snapshot));
            return volume?.path ?? "";
        },
        run: (...parameters) => runCommand([...parameters, "--store", here().store]),
    };
}
