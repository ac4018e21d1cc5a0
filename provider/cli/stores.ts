// Which stores a command works on: those that are named, and no others; and how it reaches what lies beyond them.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Cluster } from "../cluster/contract.js";
import { fileSystemError } from "../importer/file-system-error.js";
import { systemClock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import type { NetworkSettings } from "../model/network.js";
import type { Upstream } from "../model/upstream.js";
import type { CommandLine, Flag } from "./command-line.js";

/** The flag of every command that works on stores; `repeats` for those that take several. */
export const storeFlag = {
    value: "DIR",
    text: "The store. Default: the one that the environment variable BOOTSOURCE_STORE names.",
} as const satisfies Flag;

/** Flags of the commands that ask sources: what a stack has in its configuration. */
export const networkFlags = {
    mirror: {
        value: "FROM=TO",
        repeats: true,
        text: 'Ask TO in place of FROM, such as "quay.io=mirror.corp:5000/quay". May be given again for more.',
    },
    "insecure-registry": {
        value: "HOST",
        repeats: true,
        text: "A registry to ask without TLS, or with any certificate. May be given again for more.",
    },
    "ca-file": { value: "FILE", text: "Certificates (PEM) to trust for every source, beside the system's." },
    "pull-secret": {
        value: "FILE",
        text: "A docker config.json, for registries that a source gives no credentials for.",
    },
    "parallel-imports": { value: "N", text: "Imports at once over a store, in all processes together. Default 4." },
} as const satisfies Record<string, Flag>;

/** Flags of the commands that work on a cluster as well. */
export const clusterFlags = {
    kubeconfig: { value: "FILE", text: "A cluster, in place of a store: the kubeconfig that leads to it." },
    context: { value: "NAME", text: "Which context of it. Default: its current one." },
    namespace: { value: "NS", text: "Which namespace of the cluster. Default: the context's." },
} as const satisfies Record<string, Flag>;

/** A store that is there, or a namespace of a cluster. */
export interface OpenStore {
    /** Absolute; of a cluster its name and the namespace. */
    readonly directory: string;
    readonly cluster: Cluster;
    readonly upstream: Upstream;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Opens the stores named, in their order; `doing` is for messages ("show the status"). */
export function openStores(doing: string, line: CommandLine, environment: Environment): Promise<OpenStore[]> {
    return Promise.all(storesNamed(doing, line, environment).map((directory) => openStore(doing, directory, line)));
}

/** The same where a cluster may be named instead. */
export async function openPlaces(doing: string, line: CommandLine, environment: Environment): Promise<OpenStore[]> {
    return isOfCluster(line) ? [await openNamespace(doing, line)] : openStores(doing, line, environment);
}

/** Whether a cluster is named, in place of stores. */
export function isOfCluster({ values }: CommandLine): boolean {
    return values["kubeconfig"] !== undefined || values["context"] !== undefined || values["namespace"] !== undefined;
}

/**
 * Opens a namespace of the cluster that is named; what is asked of it all is asked of that namespace alone, unless it is about
 * everything (`everywhere`) and none is named.
 */
export async function openNamespace(
    doing: string,
    line: CommandLine,
    warn: (message: string) => void = toStandardError,
    { context = line.values["context"], everywhere = false }: { context?: string; everywhere?: boolean } = {},
): Promise<OpenStore> {
    const { kubeconfig, namespace, store } = line.values;
    if (kubeconfig === undefined || store !== undefined) {
        const why =
            store === undefined ? "no kubeconfig is named; give --kubeconfig FILE" : "--store names a store besides";
        throw new BootsourceError("invalid-argument", `cannot ${doing} on a cluster: ${why}`);
    }
    const configuration = { kubeconfig: resolve(kubeconfig), context, namespace, ...readSettings(line) };
    const scoped = !everywhere || namespace !== undefined;
    const surroundings = { clock: systemClock, warn, directory: process.cwd(), scoped };
    const { connect } = await import("../connect.js");
    const { cluster, upstream } = await connect(configuration, surroundings);
    if (cluster.unreachable !== undefined) throw cluster.unreachable;
    await cluster.establish();
    return { directory: `${cluster.name}${scoped ? `, namespace ${cluster.namespace}` : ""}`, cluster, upstream };
}

/** The directories of the stores named, absolute, each once. */
export function storesNamed(doing: string, line: CommandLine, environment: Environment): string[] {
    const otherwise = line.values["store"] ?? environment["BOOTSOURCE_STORE"] ?? "";
    const named = line.lists["store"] ?? [otherwise].filter((path) => path !== "");
    if (named.length > 0) return [...new Set(named.map((path) => resolve(path)))];
    throw new BootsourceError(
        "not-configured",
        `cannot ${doing}: no store is named; give --store DIR, or set BOOTSOURCE_STORE`,
    );
}

/** Opens one; `warn` hears of faults that no object of it can tell. */
export async function openStore(
    doing: string,
    directory: string,
    line: CommandLine,
    warn: (message: string) => void = toStandardError,
): Promise<OpenStore> {
    // With all that it imports it is half of what the command would load; help and usage errors need none of it.
    const { connectStore } = await import("../connect.js");
    const { cluster, upstream } = connectStore(
        { store: directory, ...readSettings(line) },
        { clock: systemClock, warn, directory },
    );
    if (cluster.identity !== undefined) return { directory, cluster, upstream };
    throw new BootsourceError(
        "store-unusable",
        `cannot ${doing}: there is no store at ${directory}; check the path, or make one by pulumi up`,
    );
}

function toStandardError(message: string): void {
    process.stderr.write(`bootsource: ${message}\n`);
}

/** The flags as a stack's configuration would have them. */
function readSettings({ values, lists }: CommandLine): NetworkSettings & { parallelImports?: string | undefined } {
    const mirrors = (lists["mirror"] ?? []).map((text) => {
        const [from = "", to = ""] = text.split(/=(.*)/s);
        if (from !== "" && to !== "") return [from, to] as const;
        throw new BootsourceError(
            "invalid-argument",
            `cannot use --mirror: "${text}" is not FROM=TO, such as "quay.io=mirror.corp:5000/quay"`,
        );
    });
    const read = (flag: string): string | undefined => {
        const path = values[flag];
        if (path === undefined) return undefined;
        try {
            return readFileSync(path, "utf8");
        } catch (thrown) {
            throw fileSystemError(thrown, `read --${flag} from ${path}`);
        }
    };
    return {
        mirrors: mirrors.length === 0 ? undefined : JSON.stringify(Object.fromEntries(mirrors)),
        insecureRegistries: lists["insecure-registry"] && JSON.stringify(lists["insecure-registry"]),
        caCertificates: read("ca-file"),
        pullSecret: read("pull-secret"),
        parallelImports: values["parallel-imports"],
    };
}
