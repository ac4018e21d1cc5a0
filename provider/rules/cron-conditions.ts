// The conditions of a DataImportCron in CDI's words (Progressing, UpToDate), and ours for what CDI does not tell: Polled.
import type { Said } from "../model/conditions.js";

/** Progressing: what the import of the wanted version is doing. */
export const progressing = {
    scheduled: { status: "False", reason: "ImportScheduled", message: "Import is scheduled" },
    yes: { status: "True", reason: "ImportProgressing", message: "Import is progressing" },
    no: { status: "False", reason: "NoImport", message: "No current import" },
    /** Any other phase; `why` is what the import itself says. */
    phase: (phase: string, why: string | undefined): Said => ({
        status: "False",
        reason: phase === "" ? "Pending" : phase,
        message: `Import DataVolume phase ${phase}${why === undefined ? "" : `: ${why}`}`,
    }),
} as const;

/** UpToDate: whether the DataSource leads to the version wanted. */
export const upToDate = {
    yes: { status: "True", reason: "UpToDate", message: "Latest import is up to date" },
    outdated: { status: "False", reason: "Outdated", message: "Source digest updated since last import" },
    importing: { status: "False", reason: "ImportProgressing", message: "Import is progressing" },
    snapshotting: {
        status: "False",
        reason: "ImportProgressing",
        message: "Snapshot of imported data is progressing",
    },
    noDigest: { status: "False", reason: "NoDigest", message: "No source digest" },
    /** Ours: the wanted version cannot be brought in as things are; CDI says Outdated for ever. */
    failed: (why: string): Said => ({ status: "False", reason: "ImportFailed", message: why }),
    /** Ours: CDI tells of it in an event alone. */
    managedByAnother: (dataSource: string, cron: string): Said => ({
        status: "False",
        reason: "ErrDataSourceAlreadyManaged",
        message: `DataSource ${dataSource} is already managed by DataImportCron ${cron}`,
    }),
    /** Ours: CDI leaves such a DataSource alone and says nothing. */
    notOurs: (dataSource: string): Said => ({
        status: "False",
        reason: "DataSourceNotManaged",
        message:
            `there is a DataSource ${dataSource} that no DataImportCron made; adopt it, remove it, or name another one in ` +
            "managedDataSource",
    }),
} as const;

/** Polled: whether the source could be asked, the last time that it was due. */
export const polled = {
    yes: { status: "True", reason: "Polled", message: "" },
    failed: (code: string, message: string): Said => ({ status: "False", reason: reasonOf(code), message }),
} as const;

/** An error's code as a condition's reason: "access-denied" is AccessDenied. */
function reasonOf(code: string): string {
    return code.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
