// DataSources: Ready in CDI's words, the source that a chain of pointers leads to, and the labels that flow from it.
import { refOf } from "../cluster/boot-imports.js";
import type { Cluster } from "../cluster/contract.js";
import type { DataSource, DataSourceSource, DiskRecord, Metadata, Pointer } from "../model/objects.js";
import { kubevirtLabels } from "../rules/cron-names.js";
import { type Said, setConditions } from "../model/conditions.js";
import { isBootsourceError } from "../model/errors.js";
import type { Controller, ControllerWorld, Verdict } from "./contract.js";

/** What a DataSource leads to. */
interface Found {
    readonly ready: Said;
    /** What it resolves to; undefined while it is not ready. */
    readonly source?: DataSourceSource;
    /** The disk behind it, where disks are files. */
    readonly disk?: DiskRecord | undefined;
    /** Labels that machines read off a source flow from it to the DataSource. */
    readonly labels?: Metadata["labels"];
}

/** The controller: says what the DataSource leads to now, and lets the store's link follow. */
export const reconcileDataSource: Controller<"DataSource"> = async (dataSource, world) => {
    try {
        return await follow(dataSource, world);
    } catch (thrown) {
        // Deleted meanwhile: there is nothing to say of it any more.
        if (isBootsourceError(thrown) && thrown.code === "gone") return "settled";
        throw thrown;
    }
};

async function follow(dataSource: DataSource, world: ControllerWorld): Promise<Verdict> {
    const found = await resolve(dataSource, world.cluster);
    const at = refOf(dataSource.metadata);
    // The link first: whoever reads the status, and removes what was there before, finds the link moved on.
    await world.disks.link(at, found.disk);
    await world.cluster.update(
        "DataSource",
        at,
        (current) => {
            // Pointed elsewhere meanwhile: whoever did that has this controller look again.
            if (JSON.stringify(current.spec) !== JSON.stringify(dataSource.spec)) return;
            current.metadata.labels = { ...current.metadata.labels, ...kubevirtLabels({ labels: found.labels ?? {} }) };
            current.status ??= {};
            current.status.source = found.source ?? {};
            setConditions(current, world.clock, { Ready: found.ready });
        },
        "status",
    );
    return "settled";
}

async function resolve({ spec, metadata }: DataSource, cluster: Cluster): Promise<Found> {
    const { pvc, snapshot, dataSource } = spec.source;
    if (pvc !== undefined) return resolveClaim(pvc, cluster);
    if (snapshot !== undefined) return resolveSnapshot(snapshot, cluster);
    if (dataSource === undefined) return notReady("NoSource", "No source PVC set");
    if (dataSource.namespace !== metadata.namespace) {
        return notReady("CrossNamespaceReference", "DataSource cannot reference a DataSource in another namespace");
    }
    if (dataSource.name === metadata.name) {
        return notReady("SelfReference", "DataSource cannot self-reference");
    }
    const target = await cluster.get("DataSource", dataSource);
    if (target === undefined) {
        return notReady("NotFound", `DataSource.cdi.kubevirt.io "${dataSource.name}" not found`);
    }
    if (target.spec.source.dataSource !== undefined) {
        return notReady("MaxReferenceDepthReached", "DataSource reference chain exceeds maximum depth of 1");
    }
    return resolve(target, cluster);
}

/** Ready once the DataVolume of the same name has succeeded, or where there is a claim and no DataVolume. */
async function resolveClaim(at: Pointer, cluster: Cluster): Promise<Found> {
    const claim = await cluster.get("PersistentVolumeClaim", at);
    if (claim === undefined) return notReady("NotFound", "PVC not found");
    const volume = await cluster.get("DataVolume", at);
    const { phase = "" } = volume?.status ?? {};
    if (volume !== undefined && phase !== "Succeeded") {
        return notReady(phase === "" ? "Pending" : phase, `Import DataVolume phase ${phase}`);
    }
    // A claim whose disk is gone is no source, whatever its object says.
    if ((await cluster.volume(at))?.state === "missing") return notReady("NotFound", "PVC not found: its disk is gone");
    return { ready: isReady, source: { pvc: at }, disk: claim.status?.disk, labels: claim.metadata.labels };
}

async function resolveSnapshot(at: Pointer, cluster: Cluster): Promise<Found> {
    const snapshot = await cluster.get("VolumeSnapshot", at);
    if (snapshot === undefined) return notReady("NotFound", "Snapshot not found");
    if (snapshot.status?.readyToUse !== true) return notReady("SnapshotNotReady", "Snapshot phase is not ready");
    if ((await cluster.volumeOfSnapshot(at))?.state === "missing") {
        return notReady("NotFound", "Snapshot not found: its image is gone");
    }
    return { ready: isReady, source: { snapshot: at }, disk: snapshot.status.disk, labels: snapshot.metadata.labels };
}

const isReady: Said = { status: "True", reason: "Ready", message: "DataSource is ready to be consumed" };

function notReady(reason: string, message: string): Found {
    return { ready: { status: "False", reason, message } };
}
