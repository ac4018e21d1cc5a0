// StorageDefaults and boot sources of a store, by the real engine: programs, and how the store looks to somebody else.
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { makeDisk } from "../images/disk.js";
import { useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";

/** The annotations that make a class the default. */
export const virtMark = "storageclass.kubevirt.io/is-default-virt-class";
export const clusterMark = "storageclass.kubernetes.io/is-default-class";

/** Arguments of a storage default on the class `thin`. */
export type Args = Partial<bootsource.StorageDefaultArgs>;

/** The run, which did not fail. */
export function ok(ran: Ran): Ran {
    assert.equal(ran.failure, undefined, ran.failure);
    return ran;
}

/** A store with two classes, `plain` (the cluster's default) and `thin` (which takes snapshots), and what happens to it. */
export function useStorageDefaults() {
    const engine = useEngine();
    const storageClasses = JSON.stringify([
        { name: "plain", defaults: ["cluster"] },
        { name: "thin", snapshot: "overlay" },
    ]);
    const look = async <T>(ask: (cluster: EmbeddedCluster) => Promise<T>): Promise<T> => {
        const cluster = new EmbeddedCluster(engine.project.store, { clock: systemClock, warn: () => undefined });
        return ask(cluster).finally(() => cluster.close());
    };
    return {
        engine,
        /** The store as another process has it. */
        look,
        run: (operation: "up" | "preview" | "refresh" | "destroy", program?: Program, stack = "test"): Promise<Ran> =>
            engine.project.run(operation, program, { config: { storageClasses }, stack }),
        /** Puts an image beside the project, for a boot source of that name. */
        image: (name: string): void => {
            const disk = makeDisk(1 << 20, { seed: name.length * 7 });
            writeFileSync(path.join(engine.project.directory, `${name}.img`), disk);
        },
        /** A storage default where there are arguments, and boot sources made after it. */
        program:
            (
                args: Args | undefined,
                sources: readonly string[] = [],
                more: Partial<bootsource.BootSourceArgs> = {},
            ): Program =>
            () => {
                const made = args && new bootsource.StorageDefault("vms", { storageClassName: "thin", ...args });
                for (const name of sources) {
                    const source = { file: { path: `${engine.project.directory}/${name}.img` } };
                    new bootsource.BootSource(name, { source, ...more }, made && { dependsOn: [made] });
                }
                if (made === undefined) return Promise.resolve({});
                const { roles, previousDefaults, effectiveSourceFormat, profile } = made;
                return Promise.resolve({ roles, previousDefaults, effectiveSourceFormat, profile });
            },
        /** The two marks of a class, virtual machines' first. */
        marks: (name: string): Promise<(string | undefined)[]> =>
            look(async (cluster) => {
                const { annotations = {} } = (await cluster.get("StorageClass", { name }))?.metadata ?? {};
                return [annotations[virtMark], annotations[clusterMark]];
            }),
    };
}
