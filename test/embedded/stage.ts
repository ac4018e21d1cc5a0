// A store in a temporary directory as a stage, with a clock that the test moves.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { type Clock, systemClock } from "../../provider/model/clock.js";
import { type Network, directNetwork } from "../../provider/model/network.js";
import type { ClassDeclaration } from "../../provider/model/storage-classes.js";
import type { ImportStage } from "../conformance/imports.js";

/** The stage, and what only a directory has. */
export interface EmbeddedStage extends ImportStage {
    readonly cluster: EmbeddedCluster;
    readonly directory: string;
    readonly store: string;
    /** One more process over the store, perhaps with other declarations. The caller closes it. */
    readonly open: (declared?: readonly ClassDeclaration[]) => EmbeddedCluster;
    /** What no object's status could tell. */
    readonly warnings: string[];
}

export function makeEmbeddedStage(
    clock: Clock = systemClock,
    /** Classes that the store is to have; their directories are relative to the stage's. */
    classes: readonly ClassDeclaration[] = [],
    network: Network = directNetwork,
): EmbeddedStage {
    const directory = mkdtempSync(path.join(tmpdir(), "bootsource-store-"));
    const store = path.join(directory, "store");
    const warnings: string[] = [];
    const open = (declared = classes): EmbeddedCluster =>
        new EmbeddedCluster(store, {
            clock,
            network,
            warn: (message) => warnings.push(message),
            storageClasses: declared.map((declaration) => ({
                declaration,
                directory: declaration.directory && path.resolve(directory, declaration.directory),
            })),
        });
    const [cluster, other] = [open(), open()];
    return {
        cluster,
        other,
        namespaces: ["default", "other"],
        directory,
        store,
        warnings,
        open,
        publish: (name, bytes) => {
            const file = path.join(directory, `${name}.img`);
            writeFileSync(file, bytes);
            return { file: { path: file } };
        },
        // The store's own importer ends by itself.
        completeImport: () => Promise.resolve(),
        readDisk: (volume) =>
            readFile(path.join(store, "volumes", "local", volume.namespace ?? "", volume.name, "disk.img")).then(
                (bytes) => new Uint8Array(bytes),
                () => undefined,
            ),
        close: async () => {
            await Promise.all([cluster.close(), other.close()]);
            rmSync(directory, { recursive: true, force: true });
        },
    };
}
