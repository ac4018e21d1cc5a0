// From configuration to a cluster and the sources beyond it: the only file that knows which worlds there are.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Cluster } from "./cluster/contract.js";
import { UnreachableCluster } from "./cluster/unreachable.js";
import { EmbeddedCluster } from "./embedded/cluster.js";
import { digestFile } from "./importer/identify.js";
import { sourceOfVolume } from "./importer/sources/from-volume.js";
import { versionOf } from "./importer/version.js";
import type { Keeping } from "./kubernetes/keeping-cluster.js";
import type { Clock } from "./model/clock.js";
import { BootsourceError, isBootsourceError } from "./model/errors.js";
import { type Network, type NetworkSettings, readNetwork } from "./model/network.js";
import { readStorageClasses } from "./model/storage-classes.js";
import type { Upstream } from "./model/upstream.js";

/** What a stack or a `Provider` configures; keys as in `pulumi config set bootsource:<key>`. */
export interface Configuration extends NetworkSettings {
    /** Directory of an embedded store; relative to the project, where Pulumi.yaml lies. */
    readonly store?: string | undefined;
    /** Imports that may run at once over a store, in all processes together: a whole number. Default 4. */
    readonly parallelImports?: string | undefined;
    /** Storage classes that the store is to have: a JSON list. Default: one named `local`. */
    readonly storageClasses?: string | undefined;
    /** A cluster, in place of a store: the text of a kubeconfig, or the path of one. */
    readonly kubeconfig?: string | undefined;
    /** Which of its contexts. Default: its current one. */
    readonly context?: string | undefined;
    /** Where objects go whose resource names no namespace. Default: the context's, else `default`. */
    readonly namespace?: string | undefined;
    /** Where the cluster's upload proxy is reached from here. Default: what CDI's own configuration says. */
    readonly uploadProxyUrl?: string | undefined;
    /** PEM certificates that are trusted for it, beside the system's own and what CDI tells. */
    readonly uploadProxyCaCertificates?: string | undefined;
    /** "true": its certificate is not verified. Default "false". */
    readonly uploadProxyInsecure?: string | undefined;
    /** "recreate" where the state's cluster was built anew or is left: everything is made in this one. Default "refuse". */
    readonly onClusterChange?: string | undefined;
    /** "forget" where the cluster is lost: refresh and destroy then drop what they cannot ask about. Default "fail". */
    readonly unreachable?: string | undefined;
}

/** A world to work in, and the sources that images come from. */
export interface Reached {
    readonly cluster: Cluster;
    readonly upstream: Upstream;
}

/** What every world is opened with. */
export interface Surroundings {
    readonly clock: Clock;
    readonly warn: (message: string) => void;
    /** The directory that the program runs in. */
    readonly directory: string;
    /** Whether what is listed of a cluster is of one namespace alone: the configured one. */
    readonly scoped?: boolean;
}

/**
 * Throws `not-configured` where no world is named: nothing is touched that the configuration does not name. A cluster is asked
 * which one it is; one that cannot be reached is told by its `unreachable`, everything else that is wrong with it is thrown.
 */
export async function connect(configuration: Configuration, options: Surroundings): Promise<Reached> {
    const { store, kubeconfig, context, namespace } = withoutEmpty(configuration);
    if (kubeconfig === undefined && (context ?? namespace) === undefined) {
        return connectStore(configuration, options);
    }
    if (store !== undefined) {
        throw new BootsourceError(
            "invalid-argument",
            "cannot tell where images go: bootsource:store names a directory, and bootsource:kubeconfig, context or namespace a " +
                "cluster; remove one of the two by `pulumi config rm`",
        );
    }
    if (kubeconfig === undefined) throw notConfigured();
    checkWord("onClusterChange", configuration.onClusterChange, ["refuse", "recreate"]);
    checkWord("unreachable", configuration.unreachable, ["fail", "forget"]);
    const { KubernetesCluster } = await import("./kubernetes/cluster.js");
    const { KeepingCluster } = await import("./kubernetes/keeping-cluster.js");
    const { readKubeconfig } = await import("./kubernetes/kubeconfig.js");
    const { network, resolvePath } = outside(configuration, options);
    const target = await readKubeconfig({ kubeconfig, context, resolvePath });
    checkWord("uploadProxyInsecure", configuration.uploadProxyInsecure, ["true", "false"]);
    const uploads = {
        url: configuration.uploadProxyUrl || undefined,
        caCertificates: configuration.uploadProxyCaCertificates || undefined,
        insecure: configuration.uploadProxyInsecure === "true",
    };
    const cluster = new KubernetesCluster(target, { clock: options.clock, namespace, uploads });
    const upstream = upstreamOf(network, resolvePath);
    try {
        await cluster.identify();
        const { clock, warn, scoped = false } = options;
        const keeping = { clock, warn, scoped, ask: askOf(network) };
        return { cluster: new KeepingCluster(cluster, keeping), upstream };
    } catch (thrown) {
        if (!isBootsourceError(thrown) || !["unreachable", "timeout"].includes(thrown.code)) throw thrown;
        await cluster.close();
        return { cluster: new UnreachableCluster(cluster, thrown), upstream };
    }
}

/** The same for a store, which is never far away; throws `not-configured` where none is named. */
export function connectStore(configuration: Configuration, options: Surroundings): Reached {
    const { store } = withoutEmpty(configuration);
    if (store === undefined) throw notConfigured();
    const { network, resolvePath } = outside(configuration, options);
    const parallelImports = readCount(configuration.parallelImports);
    const storageClasses = readStorageClasses(configuration.storageClasses).map((declaration) => ({
        declaration,
        directory: declaration.directory === undefined ? undefined : resolvePath(declaration.directory),
    }));
    const embedded = { ...options, network, parallelImports, storageClasses };
    const cluster = new EmbeddedCluster(resolvePath(store), embedded);
    return { cluster, upstream: upstreamOf(network, resolvePath) };
}

function outside(
    configuration: Configuration,
    { directory }: Surroundings,
): { network: Network; resolvePath: (path: string) => string } {
    const root = projectRoot(directory);
    return { network: readNetwork(configuration), resolvePath: (path) => resolve(root, fromHome(path)) };
}

/** Undefined where nobody is to be asked. */
function askOf(network: Network): Keeping["ask"] {
    if (network.upstream === "never") return undefined;
    return (source, access, signal) => versionOf(source, access, network, signal);
}

function upstreamOf(network: Network, resolvePath: (path: string) => string): Upstream {
    return {
        identify: async (source, access, signal, { always } = { always: false }) => {
            const asks = sourceOfVolume(source, access, network) !== undefined;
            if (asks && network.upstream === "never" && !always)
                return { digest: undefined, digests: [], bytes: undefined };
            return versionOf(source, access, network, signal);
        },
        digestOf: (path, signal) => digestFile(resolvePath(path), signal),
        resolvePath,
    };
}

function checkWord(key: string, word: string | undefined, known: readonly string[]): void {
    if (!word || known.includes(word)) return;
    const all = known.map((one) => `"${one}"`).join(" and ");
    throw new BootsourceError("invalid-argument", `cannot use bootsource:${key}: "${word}" is not known; ${all} are`);
}

/** What is set to nothing is not set. */
function withoutEmpty({ store, kubeconfig, context, namespace }: Configuration): Configuration {
    return {
        store: store || undefined,
        kubeconfig: kubeconfig || undefined,
        context: context || undefined,
        namespace: namespace || undefined,
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

function readCount(text: string | undefined): number | undefined {
    if (text === undefined || /^[1-9]\d{0,2}$/.test(text)) return text === undefined ? undefined : Number(text);
    throw new BootsourceError(
        "invalid-argument",
        `cannot use bootsource:parallelImports: "${text}" is not a whole number from 1 to 999`,
    );
}

function notConfigured(): BootsourceError {
    return new BootsourceError(
        "not-configured",
        "cannot tell where images go: this stack names no store and no cluster; run `pulumi config set bootsource:store ./store`, " +
            'or `pulumi config set --secret bootsource:kubeconfig -- "$(kubectl config view --raw --minify)"`, or give the resource ' +
            'a provider: new bootsource.Provider("images", { store: "./store" })',
    );
}
