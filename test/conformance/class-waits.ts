// Which class and modes a DataVolume gets that leaves them out, and what it does while there is no class for it, in every world.
import * as assert from "node:assert/strict";
import type { DataVolume, PersistentVolumeClaim } from "../../provider/model/objects.js";
import { type BootStage, type Otherwise, casesBut, namespace, refOf, useBootPlay } from "./boot-stage.js";

/** The suite; a world's own ways of it are told in `otherwise`. */
export function describeClassWaits(name: string, makeStage: () => Promise<BootStage>, otherwise: Otherwise = {}): void {
    describe(`${name} with a disk whose class is not said, or not there`, function () {
        this.timeout(120_000);
        const it = casesBut(otherwise);
        const there = useBootPlay(makeStage);
        const at = refOf("disk");

        const order = async (storage: Partial<NonNullable<DataVolume["spec"]["storage"]>>): Promise<unknown> => {
            const { stage } = there();
            stage.publish(1);
            return stage.cluster.create("DataVolume", {
                metadata: { ...at, annotations: { "cdi.kubevirt.io/storage.bind.immediate.requested": "true" } },
                spec: {
                    source: stage.source,
                    storage: { resources: { requests: { storage: "2Mi" } }, ...storage },
                },
            });
        };
        /** The claim, once the image is in it. */
        const arrived = (): Promise<PersistentVolumeClaim> => {
            const { stage } = there();
            return stage.settle("the disk is there", async () => {
                if ((await stage.cluster.get("DataVolume", at))?.status?.phase !== "Succeeded") return undefined;
                const bytes = await stage.readDisk({ pvc: { ...at, namespace } });
                assert.ok(
                    bytes &&
                        Buffer.from(bytes)
                            .subarray(0, 1 << 20)
                            .equals(stage.diskOf(1)),
                    "a whole disk",
                );
                return stage.cluster.get("PersistentVolumeClaim", at);
            });
        };
        const setOf = async (className: string) => {
            const profile = await there().play.must("StorageProfile", { name: className });
            const [set] = profile.status?.claimPropertySets ?? [];
            assert.ok(set, `the profile ${className} has modes`);
            return { accessModes: set.accessModes, volumeMode: set.volumeMode };
        };
        const modesOf = ({ spec }: PersistentVolumeClaim) => ({
            accessModes: spec.accessModes,
            volumeMode: spec.volumeMode ?? "Filesystem",
        });

        it("without class and modes it has the default class, and the modes of its profile", async () => {
            const { plain } = there().stage.classes;
            await order({});
            const claim = await arrived();
            assert.equal(claim.spec.storageClassName, plain);
            assert.deepEqual(modesOf(claim), await setOf(plain));
        });

        it("with an access mode alone the volume mode is the profile's", async () => {
            const { volumeMode } = await setOf(there().stage.classes.plain);
            await order({ accessModes: ["ReadWriteOnce"] });
            assert.deepEqual(modesOf(await arrived()), { accessModes: ["ReadWriteOnce"], volumeMode });
        });

        it("with a volume mode alone the access modes are the profile's", async () => {
            const { accessModes } = await setOf(there().stage.classes.plain);
            await order({ volumeMode: "Filesystem" });
            assert.deepEqual(modesOf(await arrived()), { accessModes, volumeMode: "Filesystem" });
        });

        it("without any default it waits, and lands on the class that becomes one", async () => {
            const { stage, play } = there();
            await play.setDefault(undefined);
            await order({});
            await stage.settle("it was looked at", async () =>
                (await stage.cluster.get("DataVolume", at))?.status === undefined ? undefined : true,
            );
            assert.notEqual((await stage.cluster.get("PersistentVolumeClaim", at))?.status?.phase, "Bound");
            await play.setDefault(stage.classes.fast);
            assert.equal((await arrived()).spec.storageClassName, stage.classes.fast);
        });

        it("with a class that is not there it waits for that one, whatever the default is", async () => {
            const { stage, play } = there();
            const { provisioner, parameters } = await play.must("StorageClass", { name: stage.classes.plain });
            await order({ storageClassName: "newest" });
            await stage.settle("it was looked at", async () =>
                (await stage.cluster.get("DataVolume", at))?.status === undefined ? undefined : true,
            );
            await stage.cluster.create("StorageClass", {
                metadata: { name: "newest" },
                provisioner,
                ...(parameters === undefined ? {} : { parameters }),
            });
            assert.equal((await arrived()).spec.storageClassName, "newest");
        });
    });
}
