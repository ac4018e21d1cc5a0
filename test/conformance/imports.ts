// What every cluster must do with a DataVolume, whichever world it is: bring its image into a claim, and say so in CDI's words.
import * as assert from "node:assert/strict";
import { waitFor } from "../../provider/cluster/wait.js";
import type { Condition, DataVolume, Ref } from "../../provider/model/objects.js";
import type { Stage } from "./cluster.js";

/** A world in which imports can be played. */
export interface ImportStage extends Stage {
    /** The class that its imports land on; undefined for the default. */
    readonly storageClassName?: string;
    /** Offers an image of these bytes; says where a DataVolume finds it. */
    publish(name: string, bytes: Uint8Array): DataVolume["spec"]["source"];
    /** Lets an import end that is ready to. */
    completeImport(volume: Ref): Promise<void>;
    /** The disk's bytes, by another way than the cluster's own word; undefined where there is none. */
    readDisk(volume: Ref): Promise<Uint8Array | undefined>;
}

/** The suite. */
export function describeImports(name: string, makeStage: () => Promise<ImportStage>): void {
    describe(`${name} with an image to import`, function () {
        this.timeout(60_000);
        let stage: ImportStage;
        let namespace: string;
        beforeEach(async () => {
            stage = await makeStage();
            [namespace] = stage.namespaces;
        });
        afterEach(() => stage.close());

        it("imports for a DataVolume that is driven, and says so in CDI's phases and conditions [B2, B3, B12, B37]", async () => {
            const bytes = new Uint8Array(2 << 20).fill(7, 0, 4096);
            const volume: Ref = { namespace, name: "example-import-dv" };
            const { storageClassName } = stage;
            const storageClass = storageClassName === undefined ? {} : { storageClassName };
            const source = stage.publish("example", bytes);
            await stage.cluster.create("DataVolume", {
                metadata: { namespace, name: volume.name },
                spec: { source, storage: { ...storageClass, resources: { requests: { storage: "2Mi" } } } },
            });
            const completed = stage.completeImport(volume);
            const done = await waitFor(
                stage.cluster,
                "DataVolume",
                volume,
                (found) => (["Succeeded", "Failed"].includes(found?.status?.phase ?? "") ? found : undefined),
                AbortSignal.timeout(50_000),
            );
            await completed;
            assert.equal(done.status?.phase, "Succeeded");
            const said = Object.fromEntries(
                (done.status.conditions ?? []).map(({ type, status, reason }: Partial<Condition>) => [
                    type,
                    // What is empty is left out on a real API.
                    [status, reason ?? ""],
                ]),
            );
            assert.deepEqual(said, { Bound: ["True", "Bound"], Running: ["False", "Completed"], Ready: ["True", ""] });
            assert.equal(done.status.progress, "100.0%");
            const claim = await stage.other.get("PersistentVolumeClaim", volume);
            assert.equal(claim?.status?.phase, "Bound", "the claim of the same name is bound");
            assert.equal(claim.metadata.ownerReferences?.[0]?.name, volume.name, "and belongs to the DataVolume");
            assert.equal(
                claim.metadata.annotations?.["cdi.kubevirt.io/storage.contentType"],
                "kubevirt",
                "with CDI's mark",
            );
            assert.deepEqual(await stage.readDisk(volume), bytes, "the disk holds the image");
        });
    });
}
