// What a user may say of a boot source, and what is left of it after validation; refusals in CDI's own words.
import * as z from "zod";
import { cloneableFrom, labels, namespaceName, objectName, storage } from "./claim-args.js";
import { parseReference } from "./image-reference.js";
import { describeSource, imageSource, messageOf } from "./image-source.js";
import { parseSchedule } from "./schedule.js";
import { isUnknown } from "./unknown.js";

const digest = z
    .string()
    .refine(
        (text) => isUnknown(text) || /^sha256:[0-9a-f]{64}$/.test(text),
        'it is not a digest, "sha256:" and 64 hex digits',
    );

const shortName = objectName.refine(
    (name) => isUnknown(name) || name.length <= 63,
    "Name cannot be longer than 63 characters",
);

/** A schedule as the platform accepts it; "" is never. */
export const schedule = z.string().check(({ value, issues }) => {
    if (isUnknown(value) || value === "") return;
    try {
        parseSchedule(value);
    } catch (error) {
        issues.push({ code: "custom", message: messageOf(error), input: value });
    }
});

/** The schema of `BootSourceArgs`, as a program passes them; unknown leaves are sorted out by the caller. */
export const bootSourceArgs = z
    .strictObject({
        source: imageSource,
        schedule: schedule.optional(),
        storage: storage.optional(),
        name: shortName.optional(),
        namespace: namespaceName.optional(),
        managedDataSource: shortName.optional(),
        importsToKeep: z
            .number()
            .int("Illegal ImportsToKeep value: it is a whole number")
            .min(0, "Illegal ImportsToKeep value: it is negative")
            .min(
                1,
                "Illegal ImportsToKeep value: with 0 the current image would be removed and imported again, for ever; 1 keeps it alone",
            )
            .optional(),
        garbageCollect: z
            .enum(["Outdated", "Never"], "Illegal GarbageCollect value: it is Outdated or Never")
            .optional(),
        keepFor: z
            .string()
            .refine(
                (text) => isUnknown(text) || /^\d{1,6}[mhdw]$/.test(text),
                'it is not a time such as "30d", "12h" or "2w"',
            )
            .optional(),
        retentionPolicy: z.enum(["All", "None"]).optional(),
        cloneableFrom: cloneableFrom.optional(),
        bindImmediately: z.boolean().optional(),
        carrier: z.enum(["cron", "hyperConverged"]).optional(),
        updates: z.enum(["scheduled", "reviewed"]).optional(),
        pin: digest.optional(),
        labels: labels.optional(),
        annotations: labels.optional(),
        wait: z.enum(["ready", "accepted"]).optional(),
        timeoutSeconds: z.number().positive("it must be more than zero").optional(),
        adopt: z.boolean().optional(),
        force: z.boolean().optional(),
    })
    .check(({ value, issues }) => {
        const refuse = (path: (string | number)[], message: string): void => {
            issues.push({ code: "custom", path, message, input: undefined });
        };
        const { kind, details } = describeSource(value.source);
        if (kind === "blank") refuse(["source"], "Missing source: a blank disk has no versions; use an ImportedImage");
        if (details?.checksum !== undefined) {
            refuse(
                ["source", kind ?? "http", "checksum"],
                "a checksum is of one version, and a boot source moves on; use pin for one version, or checksumUrl for where each " +
                    "version's is published",
            );
        }
        if (value.pin !== undefined && pinOf(value.source) !== undefined && pinOf(value.source) !== value.pin) {
            refuse(["pin"], "the source's url names another digest; give one of the two");
        }
        if (value.pin !== undefined && kind !== undefined && inCluster.has(kind)) {
            refuse(["pin"], `a ${kind} source is known by its uid, not by a digest; leave it out`);
        }
        if (value.pin !== undefined && value.updates !== undefined) {
            refuse(["updates"], "a pinned source is not updated; leave out pin or updates");
        }
    });

/** A boot source after validation. */
export type BootSourceSpec = z.infer<typeof bootSourceArgs>;

/** Sources that lie in the cluster: they are known by their uid. */
export const inCluster: ReadonlySet<string> = new Set(["pvc", "snapshot"]);

/** Who moves a boot source: its schedule, each update as previewed, or nobody. */
export type UpdateMode = "scheduled" | "reviewed" | "pinned";

/** A pin goes before all; so does a digest in the url. What lies on this machine or in the cluster moves with the program. */
export function updateModeOf({ pin, source, updates = "scheduled" }: BootSourceSpec): UpdateMode {
    return pin !== undefined || pinOf(source) !== undefined ? "pinned" : updates;
}

/** The digest that a registry url names; undefined where it names none, or is not known yet. */
export function pinOf(source: BootSourceSpec["source"]): string | undefined {
    const { kind, details } = describeSource(source);
    if (kind !== "registry" || details?.url === undefined || isUnknown(details.url)) return undefined;
    const reference = parseReference(details.url);
    return reference.kind === "docker" ? reference.digest : undefined;
}
