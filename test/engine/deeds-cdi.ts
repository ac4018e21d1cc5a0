// What an update did to a cluster, by a path that is not ours: the API server's audit log, whoever did it, read as a history of objects.
import type { AuditEvent } from "../control-plane/audit.js";
import { describeBytes, parseQuantity } from "../../provider/model/quantity.js";

/** What happened after a moment, each deed a line. */
export interface ClusterDeeds {
    /** Claims that were made and are there, and that were there and were deleted: "namespace/name". */
    readonly came: readonly string[];
    readonly went: readonly string[];
    /** "namespace/name to 6 MiB". */
    readonly grew: readonly string[];
    /** DataSources that lead to another claim, or to one that was made anew under its name; and that claim's class. */
    readonly repointed: Readonly<
        Record<string, { readonly disk: string; readonly class: string; readonly format: string }>
    >;
    /** Crons that were there and are gone; one that was made anew under its name is not. */
    readonly cronsGone: readonly string[];
    readonly cronsCame: readonly string[];
    /** "virt fast", "cluster plain". */
    readonly marked: readonly string[];
    readonly unmarked: readonly string[];
    /** "fast cloneStrategy" and its value as JSON. */
    readonly profiles: readonly string[];
    readonly switched: string | undefined;
}

/** Objects by "resource namespace/name", as they were last written. */
type History = Map<string, Written>;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever a kind holds
type Written = Record<string, any>;

const marks = {
    virt: "storageclass.kubevirt.io/is-default-virt-class",
    cluster: "storageclass.kubernetes.io/is-default-class",
};

/** The deeds of all that was asked since `from`, an index of the events, which begin with the control plane. */
export function deedsSince(events: readonly AuditEvent[], from: number): ClusterDeeds {
    const history: History = new Map();
    for (const event of events.slice(0, from)) follow(history, event);
    const before = new Map(history);
    const deleted = new Set<string>();
    for (const event of events.slice(from)) for (const key of follow(history, event)) deleted.add(key);
    const of = (all: History, resource: string): [string, Written][] =>
        [...all].flatMap(([key, object]) =>
            key.startsWith(`${resource} `) ? [[key.slice(resource.length + 1), object]] : [],
        );
    const [claimsBefore, claims] = [before, history].map((all) => new Map(of(all, "persistentvolumeclaims")));
    const [cronsBefore, crons] = [before, history].map(
        (all) => new Set(of(all, "dataimportcrons").map(([key]) => key)),
    );
    const [marksBefore, marksNow] = [before, history].map((all) => marksOf(of(all, "storageclasses")));
    const pointers = new Map(of(before, "datasources").map(([key, object]) => [key, leadsTo(object)]));
    const isNew = (key: string): boolean => !claimsBefore?.has(key) || deleted.has(`persistentvolumeclaims ${key}`);
    return {
        came: [...(claims?.keys() ?? [])].filter(isNew),
        went: [...(claimsBefore?.keys() ?? [])].filter((key) => deleted.has(`persistentvolumeclaims ${key}`)),
        grew: [...(claims ?? [])].flatMap(([key, claim]) => {
            const [was, is] = [claimsBefore?.get(key), claim].map((one) => sizeOf(one));
            return isNew(key) || was === is || is === undefined ? [] : [`${key} to ${describeBytes(is)}`];
        }),
        repointed: Object.fromEntries(
            of(history, "datasources").flatMap(([key, object]) => {
                const disk = leadsTo(object);
                // One that leads to a claim that is not there leads nowhere else than before.
                const isAnother = disk !== pointers.get(key) || (claims?.has(disk ?? "") === true && isNew(disk ?? ""));
                if (disk === undefined || !isAnother) return [];
                const storageClass = String(claims?.get(disk)?.spec?.storageClassName);
                return [[key, { disk, class: storageClass, format: "pvc" }]];
            }),
        ),
        cronsGone: [...(cronsBefore ?? [])].filter((key) => !crons?.has(key)),
        cronsCame: [...(crons ?? [])].filter((key) => !cronsBefore?.has(key)),
        marked: [...(marksNow ?? [])].filter((mark) => !marksBefore?.has(mark)),
        unmarked: [...(marksBefore ?? [])].filter((mark) => !marksNow?.has(mark)),
        profiles: of(history, "storageprofiles").flatMap(([key, { spec = {} }]) => {
            const was = (before.get(`storageprofiles ${key}`)?.spec ?? {}) as Written;
            return Object.entries(spec as Written).flatMap(([field, value]) =>
                JSON.stringify(was[field]) === JSON.stringify(value)
                    ? []
                    : [`${key.slice(1)} ${field} ${JSON.stringify(value)}`],
            );
        }),
        switched: switchOf(before) === switchOf(history) ? undefined : switchOf(history),
    };
}

/** Carries an answered write over into the history; says what it deleted. */
function follow(history: History, event: AuditEvent): string[] {
    const { verb, stage, objectRef: at, responseStatus, requestObject, requestURI } = event;
    if (stage !== "ResponseComplete" || (responseStatus?.code ?? 500) >= 300 || requestURI.includes("dryRun="))
        return [];
    if (at?.resource === undefined || at.subresource !== undefined) return [];
    const sent = requestObject as Written | undefined;
    const name = at.name ?? (sent?.metadata?.name as string | undefined) ?? "";
    const key = `${at.resource} ${at.namespace ?? ""}/${name}`;
    // What CDI fills and copies through is no image of anyone.
    if (at.resource === "persistentvolumeclaims" && /^prime-|^tmp-|-scratch$/.test(name)) return [];
    if (verb === "delete" || verb === "deletecollection") {
        history.delete(key);
        return [key];
    }
    // What is deleted is written once more where a finalizer is taken off it.
    if (verb === "create" || (verb === "update" && history.has(key))) history.set(key, sent ?? {});
    if (verb === "patch" && history.has(key) && !Array.isArray(sent))
        history.set(key, merged(history.get(key) ?? {}, sent ?? {}));
    return [];
}

function merged(object: Written, change: Written): Written {
    const result = { ...object };
    for (const [key, value] of Object.entries(change)) {
        if (value === null) Reflect.deleteProperty(result, key);
        else if (typeof value === "object" && !Array.isArray(value))
            result[key] = merged((result[key] ?? {}) as Written, value as Written);
        else result[key] = value as unknown;
    }
    return result;
}

function leadsTo({ spec }: Written): string | undefined {
    const to = spec?.source?.pvc ?? spec?.source?.snapshot;
    return to === undefined ? undefined : `${String(to.namespace)}/${String(to.name)}`;
}

function marksOf(classes: readonly [string, Written][]): Set<string> {
    return new Set(
        classes.flatMap(([key, { metadata }]) =>
            Object.entries(marks).flatMap(([role, mark]) =>
                metadata?.annotations?.[mark] === "true" ? [`${role} ${key.slice(1)}`] : [],
            ),
        ),
    );
}

function sizeOf(claim: Written | undefined): number | undefined {
    const size = claim?.spec?.resources?.requests?.storage as string | undefined;
    return size === undefined ? undefined : parseQuantity(size);
}

/** Absent is on. */
function switchOf(history: History): string | undefined {
    const [found] = [...history].filter(([key]) => key.startsWith("hyperconvergeds "));
    if (found === undefined) return undefined;
    const spec = (found[1].spec ?? {}) as Written;
    return String((spec.workloadSources ?? spec).enableCommonBootImageImport !== false);
}
