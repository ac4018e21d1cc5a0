// The whole status for a person: boot sources, what is under way, storage classes, and what they come to, each part where there is any.
import type { AccessMode } from "../model/objects.js";
import { describeBytes } from "../model/quantity.js";
import type { ClassStatus } from "../rules/class-status.js";
import type { ImportStatus, PlaceStatus, SystemList, Unseen } from "../rules/place-status.js";
import type { PlatformAlert } from "../rules/platform-alerts.js";
import { nameOf, none, statusTable } from "./status-table.js";
import { type Column, fittedTable, wrapped } from "./table.js";

/** A text of whole lines. */
export function statusText(status: PlaceStatus, now: number, width: number): string {
    const { sources, imports, storageClasses, leftovers, alerts, recommendations, unseen, hyperConverged } = status;
    const parts = [
        statusTable(sources, now, width),
        tableText(
            importColumns,
            imports,
            (one) => (one.reason === undefined ? [] : [`${nameOf(one)}: ${one.reason}`]),
            width,
        ),
        tableText(
            classColumns,
            storageClasses,
            ({ name, reasons }) => reasons.map((reason) => `${name}: ${reason}`),
            width,
        ),
        listOf("The platform's own list:", systemTexts(hyperConverged), width),
        listOf(
            "Left over of boot sources that are imported no more:",
            leftovers.map((one) => `${nameOf(one)} (${describeBytes(one.bytes)})`),
            width,
        ),
        listOf("Alerts of the platform's rules:", alerts.map(alertText), width),
        listOf(
            "Recommended:",
            recommendations.map(({ message, about }) => `${message} (${about.join(", ")})`),
            width,
        ),
        listOf("Not seen:", unseenTexts(unseen), width),
    ];
    return parts.filter((part) => part !== "").join("\n");
}

function systemTexts(list: SystemList | undefined): string[] {
    const { switchedOn = true, disabled = [] } = list ?? {};
    return [
        ...(switchedOn ? [] : ["its entries are switched off"]),
        ...(disabled.length === 0 ? [] : [`switched off one by one: ${disabled.join(", ")}`]),
    ];
}

/** Whoever may look into one namespace alone lacks the same right for every kind: it is told once. */
function unseenTexts(unseen: readonly Unseen[]): string[] {
    const groups = new Map<string, Unseen[]>();
    for (const one of unseen) {
        const key = one.only.length === 0 ? one.kind : one.only.join(", ");
        groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    return [...groups.values()].map((group) => {
        const kinds = group.map(({ kind }) => kind).join(", ");
        const { only = [], reason = "" } = group[0] ?? {};
        return `${kinds}: ${only.length === 0 ? "" : `only those of ${only.join(", ")} are shown; `}${reason}`;
    });
}

const importColumns: readonly Column<ImportStatus>[] = [
    { heading: "IMPORT", rank: 1, cell: nameOf },
    { heading: "PHASE", rank: 2, cell: ({ phase }) => phase },
    { heading: "DONE", rank: 2, cell: ({ progress }) => (progress === undefined ? none : `${Math.floor(progress)}%`) },
    { heading: "RESTARTS", rank: 3, cell: ({ restarts }) => String(restarts) },
];

const classColumns: readonly Column<ClassStatus>[] = [
    { heading: "STORAGE CLASS", rank: 1, cell: ({ name }) => name },
    { heading: "DEFAULT FOR", rank: 2, cell: rolesOf },
    { heading: "FORMAT", rank: 3, cell: ({ sourceFormat = none }) => sourceFormat },
    { heading: "CLONES", rank: 4, cell: ({ cloneStrategy = none }) => cloneStrategy },
    { heading: "MODES", rank: 5, cell: modesOf },
    { heading: "SNAPSHOT CLASS", rank: 6, cell: ({ snapshotClass = none }) => snapshotClass },
    { heading: "PROVISIONER", rank: 7, cell: ({ provisioner }) => provisioner },
];

function rolesOf({ virtualizationDefault, clusterDefault }: ClassStatus): string {
    const roles = [...(virtualizationDefault ? ["machines"] : []), ...(clusterDefault ? ["cluster"] : [])];
    return roles.join(", ") || none;
}

/** "RWX Block, RWO Filesystem", as kubectl shortens them. */
function modesOf({ claimPropertySets, complete }: ClassStatus): string {
    if (complete === false) return "incomplete";
    const sets = claimPropertySets.map(({ accessModes, volumeMode }) => {
        return `${accessModes.map((mode) => shortModes[mode]).join("/")} ${volumeMode}`;
    });
    return sets.join(", ") || none;
}

const shortModes: Readonly<Record<AccessMode, string>> = {
    ReadWriteOnce: "RWO",
    ReadOnlyMany: "ROX",
    ReadWriteMany: "RWX",
    ReadWriteOncePod: "RWOP",
};

function alertText({ name, severity, about, afterMinutes, inMinutes, message }: PlatformAlert): string {
    const when =
        inMinutes === undefined
            ? `raised once this has been so for ${afterMinutes} min`
            : inMinutes === 0
              ? "raised now"
              : `raised in ${inMinutes} min unless mended`;
    return `${name} (${severity}), ${when}: ${about === undefined ? "" : `${about}: `}${message}`;
}

function listOf(heading: string, sentences: readonly string[], width: number): string {
    if (sentences.length === 0) return "";
    return [heading, ...sentences.flatMap((one) => wrapped(`  ${one}`, width)), ""].join("\n");
}

/** Columns, and under them what is the matter with those that are not well. */
function tableText<T>(
    columns: readonly Column<T>[],
    rows: readonly T[],
    notesOf: (row: T) => readonly string[],
    width: number,
): string {
    if (rows.length === 0) return "";
    const notes = rows.flatMap(notesOf).flatMap((note) => wrapped(note, width));
    return [...fittedTable(columns, rows, width).lines, ...(notes.length === 0 ? [] : ["", ...notes]), ""].join("\n");
}
