// From configuration to a cluster and the sources beyond it: the only file that knows which worlds there are.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Cluster } from "./cluster/contract.js";
import { EmbeddedCluster } from "./embedded/cluster.js";
import type { SourceSpec } from "./importer/contract.js";
import { identifySource } from "./importer/identify.js";
import type { Clock } from "./model/clock.js";
import { BootsourceError } from "./model/errors.js";
import type { DataVolumeSource } from "./model/objects.js";
import type { InlineAccess, Upstream } from "./model/upstream.js";

/** What a stack or a `Provider` configures; keys as in `pulumi config set bootsource:<key>`. */
export interface Configuration {
    /** Directory of an embedded store; relative to the project, where Pulumi.yaml lies. */
    readonly store?: string | undefined;
}

/** A world to work in, and the sources that images come from. */
export interface Reached {
    readonly cluster: Cluster;
    readonly upstream: Upstream;
}

/** Throws `not-configured` where no world is named: nothing is touched that the configuration does not name. */
export function connect(
    configuration: Configuration,
    options: { clock: Clock; warn: (message: string) => void; directory: string },
): Reached {
    const root = projectRoot(options.directory);
    const resolvePath = (path: string): string => resolve(root, fromHome(path));
    if (configuration.store === undefined || configuration.store === "") throw notConfigured();
    return {
        cluster: new EmbeddedCluster(resolvePath(configuration.store), options),
        upstream: {
            identify: async (source, access, signal) => {
                const spec = toSourceSpec(source, access);
                return { bytes: spec === undefined ? 0 : (await identifySource(spec, signal)).size };
            },
            resolvePath,
        },
    };
}

/** A shell writes "~" out, a configuration file does not; nobody means a directory of that name. */
function fromHome(path: string): string {
    return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** The directory of the project that a directory belongs to: the nearest one with a Pulumi.yaml, else the directory itself. */
export function projectRoot(directory: string): string {
    for (let at = resolve(directory); ; at = dirname(at)) {
        if (["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"].some((name) => existsSync(join(at, name)))) return at;
        if (dirname(at) === at) return resolve(directory);
    }
}

function toSourceSpec(source: DataVolumeSource, access: InlineAccess): SourceSpec | undefined {
    if (source.http !== undefined) return { kind: "http", url: source.http.url, ...access };
    return source.file === undefined ? undefined : { kind: "file", path: source.file.path };
}

function notConfigured(): BootsourceError {
    return new BootsourceError(
        "not-configured",
        "cannot tell where images go: this stack names no store; run `pulumi config set bootsource:store ./store`, or give the " +
            'resource a provider: new bootsource.Provider("images", { store: "./store" })',
    );
}
