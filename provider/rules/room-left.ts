// Whether a namespace has room for an image: its quotas and limits against the disk, and what CDI claims beside it while it imports.
import { isBootsourceError } from "../model/errors.js";
import type { CDIConfig, LimitRange, ResourceQuota } from "../model/objects.js";
import { describeBytes, parseQuantity } from "../model/quantity.js";

/** What an import asks of its namespace. */
export interface Claimed {
    /** Bytes of the disk. */
    readonly size: number;
    readonly storageClass: string | undefined;
    /** What a file system takes beside the disk, as a share of its size; see `overheadOf`. */
    readonly overhead: number;
}

/** Something in the way; `certain` where CDI's own claims beside the disk make no difference. */
export interface Obstacle {
    readonly certain: boolean;
    readonly message: string;
}

/**
 * Beside the disk itself CDI makes a claim to fill (prime) where the class has a CSI driver, and scratch space where it has to
 * convert; each is as large as the disk, with what the file system takes.
 */
const beside = 2;

/** CDI's own where its settings say nothing (since 1.63). */
const usual = 0.06;

/** What CDI adds to a disk in a claim with a file system: by the class's own setting, else the cluster's; nothing without a class. */
export function overheadOf(config: CDIConfig | undefined, storageClass: string | undefined): number {
    if (storageClass === "") return 0;
    const { global, storageClass: classes = {} } = config?.status?.filesystemOverhead ?? {};
    const said = Number.parseFloat((storageClass === undefined ? undefined : classes[storageClass]) ?? global ?? "");
    return Number.isNaN(said) ? usual : said;
}

/** Everything that stands in the way in a namespace. */
export function whatIsFull(
    namespace: string,
    claimed: Claimed,
    { quotas, limits }: { readonly quotas: readonly ResourceQuota[]; readonly limits: readonly LimitRange[] },
): Obstacle[] {
    const inQuotas = quotas.flatMap(({ metadata, status }) =>
        Object.entries(status?.hard ?? {}).flatMap(([resource, hard]) => {
            const one = askOf(resource, claimed);
            const [most, used] = [read(hard), read(status?.used?.[resource] ?? "0")];
            if (one === undefined || most === undefined || used === undefined) return [];
            const asked = one === 1 ? 1 : Math.ceil(one);
            const all = one === 1 ? 1 + beside : Math.ceil(one * (1 + claimed.overhead)) * (1 + beside);
            const left = Math.max(0, most - used);
            if (all <= left) return [];
            const show = (amount: number): string => (one === 1 ? String(amount) : describeBytes(amount));
            const where = `the ResourceQuota ${metadata.name} of the namespace ${namespace} leaves ${show(left)} of ${resource}`;
            if (asked > left) return [{ certain: true, message: `${where}, and the disk takes ${show(asked)}` }];
            const more = `up to ${show(all)} with the claims that CDI makes beside it while it imports`;
            return [{ certain: false, message: `${where}; the disk takes ${show(asked)}, and ${more}` }];
        }),
    );
    return [...inQuotas, ...limits.flatMap((range) => outside(namespace, claimed, range))];
}

/** What one disk takes of a quota's resource: bytes, or 1 of a count; undefined where it is none of its business. */
function askOf(resource: string, { size, storageClass }: Claimed): number | undefined {
    const [, name, of = ""] = /^(?:(.+)\.storageclass\.storage\.k8s\.io\/)?(.+)$/.exec(resource) ?? [];
    if (name !== undefined && name !== storageClass) return undefined;
    if (of === "requests.storage") return size;
    return of === "persistentvolumeclaims" || of === "count/persistentvolumeclaims" ? 1 : undefined;
}

function outside(namespace: string, { size, overhead }: Claimed, { metadata, spec }: LimitRange): Obstacle[] {
    const withRoom = Math.ceil(size * (1 + overhead));
    return (spec?.limits ?? [])
        .filter(({ type }) => type === "PersistentVolumeClaim")
        .flatMap(({ min, max }): Obstacle[] => {
            const where = `the LimitRange ${metadata.name} of the namespace ${namespace} allows claims`;
            const [least, most] = [read(min?.["storage"]), read(max?.["storage"])];
            const asks = `the disk asks for ${describeBytes(size)}`;
            if (most !== undefined && size > most)
                return [{ certain: true, message: `${where} of ${describeBytes(most)} at most, and ${asks}` }];
            if (most !== undefined && withRoom > most) {
                const message = `${where} of ${describeBytes(most)} at most, and ${asks}, with room for a file system beside it`;
                return [{ certain: false, message }];
            }
            if (least !== undefined && withRoom < least)
                return [{ certain: true, message: `${where} of ${describeBytes(least)} at least, and ${asks}` }];
            return [];
        });
}

function read(quantity: string | undefined): number | undefined {
    if (quantity === undefined) return undefined;
    try {
        return parseQuantity(quantity);
    } catch (thrown) {
        // Larger than any disk: no limit to speak of.
        if (isBootsourceError(thrown)) return undefined;
        throw thrown;
    }
}
