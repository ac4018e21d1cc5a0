// Which storage class a disk lands on, as CDI decides it (pkg/controller/common/util.go, 1.65).
import type { StorageClass } from "../model/objects.js";

const virtDefault = "storageclass.kubevirt.io/is-default-virt-class";
const clusterDefault = "storageclass.kubernetes.io/is-default-class";

/** The annotation that makes a class the cluster's default. */
export const clusterDefaultAnnotation = { [clusterDefault]: "true" } as const;

/**
 * The class for a DataVolume: the one named; else, with `storage` and a disk image, the virtualization default; else the
 * cluster's default. Several on one level: the newest, on a tie the smaller name. Undefined where there is none (yet).
 */
export function chooseStorageClass(
    classes: readonly StorageClass[],
    asked: { readonly name: string | undefined; readonly virtualization: boolean },
): StorageClass | undefined {
    if (asked.name !== undefined) return classes.find((candidate) => candidate.metadata.name === asked.name);
    const levels = asked.virtualization ? [virtDefault, clusterDefault] : [clusterDefault];
    for (const level of levels) {
        const [newest] = classes
            .filter((candidate) => candidate.metadata.annotations?.[level] === "true")
            .sort(newestFirst);
        if (newest) return newest;
    }
    return undefined;
}

function newestFirst({ metadata: a }: StorageClass, { metadata: b }: StorageClass): number {
    return b.creationTimestamp.localeCompare(a.creationTimestamp) || a.name.localeCompare(b.name);
}
