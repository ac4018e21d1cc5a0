// Which storage class a disk lands on, as CDI decides it (pkg/controller/common/util.go, 1.65).
import type { StorageClass } from "../model/objects.js";

const virtDefault = "storageclass.kubevirt.io/is-default-virt-class";
const clusterDefault = "storageclass.kubernetes.io/is-default-class";

/** The annotations that make a class the default of a role, with the value "true". */
export const defaultAnnotations = { virtualization: virtDefault, cluster: clusterDefault } as const;

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
        const [newest] = markedClasses(classes, level);
        if (newest) return newest;
    }
    return undefined;
}

/** The classes that carry a mark (one of `defaultAnnotations`), the one that counts first: the newest, on a tie the smaller name. */
export function markedClasses(classes: readonly StorageClass[], mark: string): StorageClass[] {
    // The exact string counts, and nothing else.
    return classes.filter(({ metadata }) => metadata.annotations?.[mark] === "true").sort(newestFirst);
}

function newestFirst({ metadata: a }: StorageClass, { metadata: b }: StorageClass): number {
    return b.creationTimestamp.localeCompare(a.creationTimestamp) || a.name.localeCompare(b.name);
}

/** Why that class was chosen, for a person. */
export function whyChosen(
    chosen: StorageClass,
    asked: { readonly name: string | undefined; readonly virtualization: boolean },
): string {
    if (asked.name !== undefined) return "named in storageClassName";
    return asked.virtualization && chosen.metadata.annotations?.[virtDefault] === "true"
        ? "the default for virtualization"
        : "the cluster's default";
}
