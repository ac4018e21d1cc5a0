// The storage class that every store has: `local`, the cluster's default, full and sparse disks below volumes/local.
import type { Kind, Objects, StorageClass } from "../model/objects.js";
import { clusterDefaultAnnotation } from "../rules/storage-class.js";
import type { Store } from "./store.js";

const fresh = {
    metadata: { name: "local", annotations: { ...clusterDefaultAnnotation } },
    provisioner: "pulumi-bootsource/directory",
    allowVolumeExpansion: true,
    volumeBindingMode: "Immediate",
} as const;

export const defaultClass = {
    /** Makes the class in a store that has no class at all. */
    ensure(store: Store, now: string): void {
        store.transaction(() => {
            if (store.list("StorageClass").length === 0) store.insert("StorageClass", fresh, now);
        });
    },

    /** What a store will have as soon as it exists: a preview against no store sees the class that the update will find. */
    ofNewStore<K extends Kind>(kind: K): Objects[K][] {
        if (kind !== "StorageClass") return [];
        const metadata = { ...fresh.metadata, uid: "", resourceVersion: "0", generation: 1, creationTimestamp: "" };
        const promised: StorageClass = { ...fresh, metadata };
        return [promised as Objects[K]];
    },
};
