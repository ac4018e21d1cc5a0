// The boot sources that a command is about: found by name, and asked what their sources hold.
import { readAccess } from "../cluster/access.js";
import type { Cluster } from "../cluster/contract.js";
import { versionInCluster, versionless } from "../cluster/polls.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import type { Upstream, Version } from "../model/upstream.js";
import { nearest } from "./command-line.js";

/** Sources that are asked at once. */
export const askedAtOnce = 8;

/** "fedora" in the namespace default, else "images/fedora": how boot sources are written, and how they may be named. */
export function nameOf({ metadata, spec }: DataImportCron): string {
    const { namespace = "default" } = metadata;
    return namespace === "default" ? spec.managedDataSource : `${namespace}/${spec.managedDataSource}`;
}

/** The cron of a boot source by the name of its DataSource, with or without its namespace. */
export function findCron(crons: readonly DataImportCron[], name: string, doing: string): DataImportCron {
    const found = crons.filter(
        ({ metadata: { namespace = "default" }, spec: { managedDataSource } }) =>
            managedDataSource === name || `${namespace}/${managedDataSource}` === name,
    );
    const [first] = found;
    const exact = found.find((one) => nameOf(one) === name) ?? (found.length === 1 ? first : undefined);
    if (exact !== undefined) return exact;
    const names = (first === undefined ? crons : found).map(nameOf).sort();
    const why =
        first === undefined
            ? names.length === 0
                ? "no DataImportCron keeps a boot source current here"
                : `there is no such boot source; ${nearest(name, names)}`
            : `there are several of that name; say which: ${names.join(", ")}`;
    throw new BootsourceError("invalid-argument", `cannot ${doing} ${name}: ${why}`);
}

/** Asks a boot source's upstream, with the credentials that lie in the store. */
export async function askSource(
    { metadata, spec }: DataImportCron,
    { cluster, upstream }: { readonly cluster: Cluster; readonly upstream: Upstream },
    signal: AbortSignal,
): Promise<Version> {
    const { source } = spec.template.spec;
    const inCluster = await versionInCluster(source, cluster);
    if (inCluster !== undefined) return inCluster;
    const access = await readAccess({ metadata, spec: spec.template.spec }, cluster);
    const version = await upstream.identify(source, access, signal, { always: true });
    if (version.digest === undefined) throw versionless();
    return version;
}

/** Does the work for each, so many at once; results in the order of what was given. */
export async function forEachOf<T, R>(all: readonly T[], atOnce: number, work: (one: T) => Promise<R>): Promise<R[]> {
    const results: R[] = [];
    const entries = all.entries();
    const take = async (): Promise<void> => {
        for (const [index, one] of entries) results[index] = await work(one);
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, take));
    return results;
}
