// DataVolumes ordered in a store of the test's own, and waited for.
import { waitFor } from "../../provider/cluster/wait.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataVolume, New, Ref, VolumeSnapshot } from "../../provider/model/objects.js";
import type { ClassDeclaration } from "../../provider/model/storage-classes.js";
import { type EmbeddedStage, makeEmbeddedStage } from "../embedded/stage.js";

/** A store for each test, and what can be ordered of it. */
export interface Orders {
    readonly stage: EmbeddedStage;
    readonly order: (
        name: string,
        spec: DataVolume["spec"],
        more?: Partial<New<"DataVolume">["metadata"]>,
    ) => Promise<DataVolume>;
    /** Works on the object, and resolves with it as soon as it is as it should be. */
    readonly until: (name: string, done: (volume: DataVolume) => boolean) => Promise<DataVolume>;
    /** Until it has succeeded or failed. */
    readonly settled: (name: string) => Promise<DataVolume>;
    /** Makes the snapshot of a claim, of the claim's own name where no other is said. */
    readonly snap: (claim: string, name?: string, snapshotClass?: string) => Promise<VolumeSnapshot>;
    /** Works on the snapshot, and resolves with it as soon as it is as it should be: ready to use, where nothing else is said. */
    readonly snapped: (name: string, done?: (snapshot: VolumeSnapshot) => boolean) => Promise<VolumeSnapshot>;
}

/** Where an object of that name is. */
export function refOf(name: string): Ref {
    return { namespace: "default", name };
}

export function useOrders(classes: readonly ClassDeclaration[] = []): Orders {
    let stage: EmbeddedStage | undefined;
    beforeEach(() => {
        stage = makeEmbeddedStage(systemClock, classes);
    });
    afterEach(() => stage?.close());
    const there = (): EmbeddedStage => {
        if (stage === undefined) throw new Error("no test has begun");
        return stage;
    };
    const until: Orders["until"] = (name, done) => {
        there().cluster.drive("DataVolume", refOf(name));
        return waitFor(
            there().cluster,
            "DataVolume",
            refOf(name),
            (volume) => (volume !== undefined && done(volume) ? volume : undefined),
            AbortSignal.timeout(30_000),
        );
    };
    return {
        get stage(): EmbeddedStage {
            return there();
        },
        order: (name, spec, more = {}) =>
            there().cluster.create("DataVolume", { metadata: { name, namespace: "default", ...more }, spec }),
        until,
        snap: (claim, name = claim, snapshotClass) =>
            there().cluster.create("VolumeSnapshot", {
                metadata: { name, namespace: "default" },
                spec: {
                    source: { persistentVolumeClaimName: claim },
                    ...(snapshotClass === undefined ? {} : { volumeSnapshotClassName: snapshotClass }),
                },
            }),
        snapped: (name, done = ({ status }) => status?.readyToUse === true) =>
            waitFor(
                there().cluster,
                "VolumeSnapshot",
                refOf(name),
                (snapshot) => (snapshot !== undefined && done(snapshot) ? snapshot : undefined),
                AbortSignal.timeout(30_000),
            ),
        settled: (name) => until(name, ({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed"),
    };
}
