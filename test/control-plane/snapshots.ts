// The snapshot controller and its driver: a snapshot is a copy of its claim's directory, and a claim made from it begins with that.
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ApiError, type Api, type KubeObject } from "./api.js";
import { follow } from "./observe.js";
import type { Volumes } from "./volumes.js";
import { makeWorker } from "./worker.js";

const group = "/apis/snapshot.storage.k8s.io/v1";

/** Makes snapshots ready until the signal is aborted. */
export function startSnapshotter(api: Api, volumes: Volumes, root: string, signal: AbortSignal): void {
    const once = makeWorker("snapshotter", signal);
    const contentOf = (snapshot: KubeObject): string => `snapcontent-${snapshot.metadata.uid ?? ""}`;
    const take = async (snapshot: KubeObject): Promise<void> => {
        const { uid = "", name, namespace = "" } = snapshot.metadata;
        const path = `${group}/namespaces/${namespace}/volumesnapshots/${name}`;
        const there = await api.find(path);
        if (there?.metadata.uid !== uid || there.status?.readyToUse === true) return;
        const { source, volumeSnapshotClassName } = snapshot.spec as {
            source: { persistentVolumeClaimName?: string };
            volumeSnapshotClassName?: string;
        };
        const claimName = source.persistentVolumeClaimName ?? "";
        const claim = await api.get(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claimName}`);
        const { volumeName = "", volumeMode } = claim.spec as { volumeName?: string; volumeMode?: string };
        if (volumeName === "") throw new Error(`the claim ${claimName} is not yet bound`);
        const volume = await api.get(`/api/v1/persistentvolumes/${volumeName}`);
        const { capacity } = volume.spec as { capacity: { storage: string } };
        const driver = (volume.metadata.annotations as Record<string, string>)["pv.kubernetes.io/provisioned-by"] ?? "";
        const cls = await classFor(api, volumeSnapshotClassName, driver);
        // Without a class for its driver a snapshot waits, which is what it does in a cluster as well.
        if (cls === undefined)
            throw new Error(`no VolumeSnapshotClass for the snapshot ${name} of a claim by ${driver}`);
        const directory = join(root, "snapshots", uid);
        await mkdir(directory, { recursive: true });
        await cp(await volumes.directoryOf(namespace, claimName), directory, { recursive: true });
        const reference = { apiVersion: "snapshot.storage.k8s.io/v1", kind: "VolumeSnapshot", name, namespace, uid };
        const content = {
            apiVersion: "snapshot.storage.k8s.io/v1",
            kind: "VolumeSnapshotContent",
            metadata: { name: contentOf(snapshot) },
            spec: {
                deletionPolicy: cls.deletionPolicy as unknown,
                driver,
                source: { volumeHandle: volumeName },
                sourceVolumeMode: volumeMode,
                volumeSnapshotClassName: cls.metadata.name,
                volumeSnapshotRef: reference,
            },
        };
        await api.create(`${group}/volumesnapshotcontents`, content).catch(unlessThere);
        await api.patch(`${path}/status`, {
            status: {
                boundVolumeSnapshotContentName: contentOf(snapshot),
                creationTime: new Date().toISOString().replace(/\.\d+Z/, "Z"),
                readyToUse: true,
                restoreSize: capacity.storage,
            },
        });
    };
    void follow(api, `${group}/volumesnapshots`, signal, {
        seen(snapshot) {
            const { uid = "" } = snapshot.metadata;
            const { readyToUse } = (snapshot.status ?? {}) as { readyToUse?: boolean };
            if (readyToUse !== true) once(uid, () => take(snapshot));
        },
        gone(snapshot) {
            void api.remove(`${group}/volumesnapshotcontents/${contentOf(snapshot)}`).catch(() => undefined);
            void rm(join(root, "snapshots", snapshot.metadata.uid ?? ""), { recursive: true, force: true });
        },
    });
}

/** An earlier try has made it. */
function unlessThere(thrown: unknown): void {
    if (!(thrown instanceof ApiError && thrown.status === 409)) throw thrown;
}

async function classFor(api: Api, name: string | undefined, driver: string): Promise<KubeObject | undefined> {
    const classes = (await api.list(`${group}/volumesnapshotclasses`)).filter((cls) => cls.driver === driver);
    if (name !== undefined) return classes.find(({ metadata }) => metadata.name === name);
    return classes.find(
        ({ metadata }) =>
            ((metadata.annotations ?? {}) as Record<string, string>)[
                "snapshot.storage.kubernetes.io/is-default-class"
            ] === "true",
    );
}
