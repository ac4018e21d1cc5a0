// What an update did to a store, by a path that is not ours: its database read as rows, its disks as files, the web server's own count.
import { existsSync, statSync } from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeBytes, parseQuantity } from "../../provider/model/quantity.js";

interface Disk {
    /** The file it is, or the snapshot: another one is another disk, also under the same name. */
    readonly is: string;
    readonly size: number;
    readonly class: string;
    readonly format: string;
}

/** A store at a moment. */
export interface Moment {
    /** Disks by "namespace/name": their size and class. */
    readonly disks: ReadonlyMap<string, Disk>;
    /** What each DataSource leads to, by "namespace/name" of both. */
    readonly pointers: ReadonlyMap<string, string>;
    /** Crons by "namespace/name". */
    readonly crons: ReadonlySet<string>;
    /** "virt fast", "cluster plain". */
    readonly marks: ReadonlySet<string>;
    /** "fast cloneStrategy" and its value as JSON. */
    readonly profiles: ReadonlyMap<string, string>;
    /** Of the HyperConverged. */
    readonly switchedOn: boolean;
    /** Names in its list that no shipped boot source has. */
    readonly entries: readonly string[];
}

/** What happened between two moments, each deed a line. */
export interface Deeds {
    /** Disks that came, and that went. */
    readonly came: readonly string[];
    readonly went: readonly string[];
    readonly grew: readonly string[];
    /** DataSources that lead elsewhere: "namespace/name" to disk, class and format. */
    readonly repointed: Readonly<Record<string, { disk: string; class: string; format: string }>>;
    readonly cronsGone: readonly string[];
    readonly marked: readonly string[];
    readonly unmarked: readonly string[];
    readonly profiles: readonly string[];
    readonly switched: string | undefined;
    /** "+fedora-image-cron" and "-fedora-image-cron". */
    readonly entries: readonly string[];
}

interface Row {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly body: string;
}

const marks = {
    virt: "storageclass.kubevirt.io/is-default-virt-class",
    cluster: "storageclass.kubernetes.io/is-default-class",
};

/** Reads a store as SQLite has it; one that is not there holds nothing. */
export function momentOf(store: string): Moment {
    const rows = rowsOf(store);
    const of = (kind: string) =>
        rows
            .filter((row) => row.kind === kind)

            .map((row) => ({ key: `${row.namespace}/${row.name}`, name: row.name, body: JSON.parse(row.body) }));
    const disks = new Map<string, Disk>();
    for (const { key, body } of of("PersistentVolumeClaim")) {
        const kept = String(body.spec.storageClassName);
        const file = path.join(store, "volumes", kept, key, "disk.img");
        if (!existsSync(file)) continue;
        const { size, ino } = statSync(file);
        disks.set(key, { is: `${kept} ${ino}`, size, class: kept, format: "pvc" });
    }
    for (const { key, body } of of("VolumeSnapshot")) {
        if (body.status?.readyToUse !== true) continue;
        const at = {
            is: String(body.metadata.uid),
            size: parseQuantity(String(body.status.restoreSize ?? "0")),
            class: String(body.status.storageClass ?? ""),
        };
        disks.set(key, { ...at, format: "snapshot" });
    }
    const pointers = of("DataSource").flatMap(({ key, body }) => {
        const to = body.spec.source.pvc ?? body.spec.source.snapshot;
        return to === undefined ? [] : [[key, `${String(to.namespace)}/${String(to.name)}`] as const];
    });
    const classes = of("StorageClass").flatMap(({ name, body }) =>
        Object.entries(marks).flatMap(([role, mark]) =>
            body.metadata.annotations?.[mark] === "true" ? [`${role} ${name}`] : [],
        ),
    );
    const profiles = of("StorageProfile").flatMap(({ name, body }) =>
        Object.entries(body.spec ?? {}).map(([field, value]) => [`${name} ${field}`, JSON.stringify(value)] as const),
    );
    const [switches] = of("HyperConverged");
    const list: { metadata: { name: string; namespace?: string } }[] =
        switches?.body.spec.workloadSources?.dataImportCronTemplates ?? [];
    return {
        disks,
        pointers: new Map(pointers),
        crons: new Set(of("DataImportCron").map(({ key }) => key)),
        marks: new Set(classes),
        profiles: new Map(profiles),
        switchedOn: switches !== undefined && switches.body.spec.workloadSources?.enableCommonBootImageImport !== false,
        // Those of the shipped ones say no namespace of their own.
        entries: list.filter(({ metadata }) => metadata.namespace !== undefined).map(({ metadata }) => metadata.name),
    };
}

/** What changed. */
export function deedsBetween(before: Moment, after: Moment): Deeds {
    const repointed = [...after.pointers].filter(([key, to]) => {
        const was = before.pointers.get(key);
        const [old, now] = [was === undefined ? undefined : before.disks.get(was), after.disks.get(to)];
        return was !== to || old?.format !== now?.format;
    });
    return {
        came: missingIn(before, after),
        went: missingIn(after, before),
        grew: [...after.disks].flatMap(([key, { size, format }]) => {
            const was = before.disks.get(key);
            return was?.format !== format || was.size === size ? [] : [`${key} to ${describeBytes(size)}`];
        }),
        repointed: Object.fromEntries(
            repointed.map(([key, disk]) => {
                const found = after.disks.get(disk);
                return [key, { disk, class: found?.class ?? "", format: found?.format ?? "" }];
            }),
        ),
        cronsGone: [...before.crons].filter((key) => !after.crons.has(key)),
        marked: [...after.marks].filter((mark) => !before.marks.has(mark)),
        unmarked: [...before.marks].filter((mark) => !after.marks.has(mark)),
        profiles: [...after.profiles]
            .filter(([key, value]) => before.profiles.get(key) !== value)
            .map(([key, value]) => `${key} ${value}`),
        entries: [
            ...after.entries.filter((name) => !before.entries.includes(name)).map((name) => `+${name}`),
            ...before.entries.filter((name) => !after.entries.includes(name)).map((name) => `-${name}`),
        ],
        switched: before.switchedOn === after.switchedOn ? undefined : String(after.switchedOn),
    };
}

/** A snapshot in the place of a claim of its name is the same image. */
function missingIn(there: Moment, here: Moment): string[] {
    return [...here.disks].flatMap(([key, { is, format }]) => {
        const other = there.disks.get(key);
        return other === undefined || (other.is !== is && other.format === format) ? [key] : [];
    });
}

function rowsOf(store: string): Row[] {
    const file = path.join(store, "store.db");
    if (!existsSync(file)) return [];
    const database = new DatabaseSync(file, { readOnly: true });
    try {
        return database.prepare("SELECT kind, namespace, name, body FROM objects").all() as unknown as Row[];
    } finally {
        database.close();
    }
}
