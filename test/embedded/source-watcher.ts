// Looks at a DataSource at every single write to a store in this process: whether it is ready, and leads to a whole disk.
import { createHash } from "node:crypto";
import { readFileSync, realpathSync, statSync } from "node:fs";
import * as path from "node:path";
import { Store } from "../../provider/embedded/store.js";
import { conditionOf } from "../../provider/model/conditions.js";
import type { DataSourceSource } from "../../provider/model/objects.js";

/** What was seen. */
export interface SourceWatcher {
    /** How often it was looked at since it was ready first. */
    readonly looks: () => number;
    /** What was not as it must be, with the write that it was seen after. */
    readonly faults: readonly string[];
    stop(): void;
}

const writes = ["insert", "replace", "remove"] as const;

type Write = (this: Store, ...args: unknown[]) => unknown;

/** Begins to look. `known` are the disks that it may lead to. */
export function watchSource(
    directory: string,
    at: { readonly namespace: string; readonly name: string },
    known: readonly Uint8Array[],
): SourceWatcher {
    const hashes = new Set(known.map(sha256));
    const hashed = new Map<string, string>();
    const faults: string[] = [];
    let looks = 0;
    const isWhole = (file: string): boolean => {
        const found = statSync(file, { bigint: true, throwIfNoEntry: false });
        if (found === undefined) return false;
        const version = `${found.ino} ${found.mtimeNs} ${found.size}`;
        const hash = hashed.get(version) ?? sha256(readFileSync(file));
        hashed.set(version, hash);
        return hashes.has(hash);
    };
    const diskOf = (store: Store, { pvc, snapshot }: DataSourceSource): string | undefined => {
        const found =
            pvc === undefined
                ? snapshot && store.get("VolumeSnapshot", snapshot)
                : store.get("PersistentVolumeClaim", pvc);
        const record = found?.status?.disk;
        return record === undefined ? undefined : path.resolve(directory, record.path);
    };
    const look = (store: Store, write: string): void => {
        const source = store.get("DataSource", at);
        const isReady = conditionOf(source, "Ready")?.status === "True";
        if (looks === 0 && !isReady) return;
        looks += 1;
        const fault = (what: string): number => faults.push(`${what} after ${write}`);
        if (source === undefined || !isReady) {
            fault(`not ready (${conditionOf(source, "Ready")?.message ?? "gone"})`);
            return;
        }
        for (const [part, to] of [
            ["spec", source.spec.source],
            ["status", source.status?.source ?? {}],
        ] as const) {
            const disk = diskOf(store, to);
            if (disk === undefined || !isWhole(disk)) fault(`${part} leads to no whole disk (${JSON.stringify(to)})`);
        }
        const link = path.join(directory, "sources", at.namespace, `${at.name}.img`);
        if (!isWhole(realpathOf(link))) fault("the link leads to no whole disk");
    };
    const prototype = Store.prototype as unknown as Record<(typeof writes)[number], Write>;
    const before = Object.fromEntries(writes.map((write) => [write, prototype[write]]));
    for (const [write, call] of Object.entries(before)) {
        prototype[write as (typeof writes)[number]] = function (...args) {
            const result = call.apply(this, args);
            if (path.resolve(this.directory) === path.resolve(directory))
                look(this, `${write} of a ${String(args[0])}`);
            return result;
        };
    }
    return {
        looks: () => looks,
        faults,
        stop: () => Object.assign(Store.prototype, before),
    };
}

function sha256(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}

function realpathOf(link: string): string {
    try {
        return realpathSync(link);
    } catch {
        return link;
    }
}
