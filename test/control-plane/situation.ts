// What a cluster looked like when a wait was in vain: whoever reads a build server's log cannot ask the cluster any more.
import type { Api, KubeObject } from "./api.js";
import { cdiNamespace } from "./cdi.js";

const cdi = "/apis/cdi.kubevirt.io/v1beta1";

/** Told of, by the name of their kind and where they are listed. */
const kinds = [
    ["cron", `${cdi}/dataimportcrons`],
    ["source", `${cdi}/datasources`],
    ["volume", `${cdi}/datavolumes`],
    ["claim", "/api/v1/persistentvolumeclaims"],
    ["job", `/apis/batch/v1/namespaces/${cdiNamespace}/jobs`],
    ["pod", "/api/v1/pods"],
    ["snapshot", "/apis/snapshot.storage.k8s.io/v1/volumesnapshots"],
] as const;

/** Objects that a controller touched in the last minutes; what other suites left long ago is no news. */
const recent = 5 * 60_000;
const linesOfLog = 12;
const linesOfEach = 40;

/**
 * CDI's last words, warnings, and the objects that images are made by, one a line with what their controllers say of them. What was
 * touched last comes last: of a long log a build server shows the end.
 */
export async function describeSituation(api: Api, logs: Readonly<Record<string, string>>): Promise<string> {
    const news = async (path: string, of: (one: KubeObject) => boolean = () => true): Promise<KubeObject[]> => {
        const now = Date.now();
        const found = (await list(api, path)).filter((one) => of(one) && now - touched(one) < recent);
        return found.sort((one, other) => touched(one) - touched(other)).slice(-linesOfEach);
    };
    const about = async (kind: string, path: string): Promise<string[]> =>
        (await news(path)).map((one) => `  ${kind} ${line(one)}`);
    const objects = await Promise.all(kinds.map(([kind, path]) => about(kind, path)));
    const warnings = (await news("/api/v1/events", ({ type }) => type === "Warning")).map(
        ({ involvedObject, reason, message }) => `  warning ${named(involvedObject)}: ${reason}: ${message}`,
    );
    const said = Object.entries(logs).flatMap(([name, log]) =>
        log
            .trim()
            .split("\n")
            .filter((words) => !words.includes('"level":"debug"'))
            .slice(-linesOfLog)
            .map((words) => `  ${name}: ${words}`),
    );
    return ["the cluster then:", ...said, ...new Set(warnings), ...objects.flat()].join("\n");
}

function list(api: Api, path: string): Promise<KubeObject[]> {
    return api.list(path).catch((thrown: unknown) => [{ metadata: { name: `(${path}: ${String(thrown)})` } }]);
}

/** When somebody wrote to it last, in milliseconds; now, where nobody knows. */
function touched({ metadata }: KubeObject): number {
    const fields = (metadata["managedFields"] ?? []) as { time?: string }[];
    const { creationTimestamp, deletionTimestamp } = metadata as Readonly<Record<string, string | undefined>>;
    const times = [creationTimestamp, deletionTimestamp, ...fields.map(({ time }) => time)];
    const known = times.flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
    return known.length === 0 ? Date.now() : Math.max(...known);
}

function line({ metadata, spec = {}, status = {} }: KubeObject): string {
    const { phase, conditions = [], containerStatuses, currentImports, succeeded, failed } = status;
    const held = (conditions as { type: string; status: string; reason?: string; message?: string }[]).map(
        ({ type, status: is, reason = "", message = "" }) => `${type}=${is} ${reason} ${message}`.trim(),
    );
    const facts = {
        gone: metadata["deletionTimestamp"],
        ...{ phase, source: spec.source, currentImports, succeeded, failed, containerStatuses },
        digest: metadata["annotations"]?.["cdi.kubevirt.io/storage.import.sourceDesiredDigest"],
    };
    return `${named(metadata)}: ${[JSON.stringify(facts), ...held].join("; ")}`;
}

function named({ namespace = "", name }: { namespace?: string; name: string }): string {
    return namespace === "" ? name : `${namespace}/${name}`;
}
