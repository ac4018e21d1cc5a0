// The storage classes that a stack declares for its store: what may be said of one, and how it is refused.
import * as z from "zod";
import { complaintsOf, describePath } from "./complaints.js";
import { BootsourceError } from "./errors.js";
import { isDnsSubdomain } from "./names.js";

/** How a class takes snapshots: blocks shared by the file system, the very same file, or not at all. */
export type SnapshotWay = "reflink" | "overlay" | "none";

const snapshotWays = ["reflink", "overlay", "none"] as const satisfies SnapshotWay[];

const declaration = z
    .strictObject({
        name: z.string().refine(isDnsSubdomain, 'a name has lower-case letters, digits, "-" and "." only'),
        directory: z.string().min(1, "it is empty").optional(),
        mode: z
            .string()
            .regex(
                /^0?6[0246][0246]$/,
                'it must be a file mode by which the owner reads and writes, such as "0600" or "0660"',
            )
            .optional(),
        owner: z
            .string()
            .regex(/^\d{1,9}:\d{1,9}$/, 'it must be the numbers of a user and a group, such as "107:107"')
            .optional(),
        snapshot: z.enum(snapshotWays).optional(),
        defaults: z.array(z.enum(["virtualization", "cluster"])).optional(),
        dataImportCronSourceFormat: z.enum(["pvc", "snapshot"]).optional(),
    })
    .check(({ value, issues }) => {
        const { snapshot = "none", dataImportCronSourceFormat: format } = value;
        if (format !== "snapshot" || snapshot !== "none") return;
        const message =
            "the class takes no snapshots; say how in snapshot: reflink (XFS, Btrfs) or overlay (any file system)";
        issues.push({ code: "custom", path: ["dataImportCronSourceFormat"], message, input: undefined });
    });

const declarations = z.array(declaration).check(({ value, issues }) => {
    const refuse = (index: number, field: "name" | "defaults", message: string): void => {
        issues.push({ code: "custom", path: [index, field], message, input: undefined });
    };
    value.forEach(({ name, defaults = [] }, index) => {
        const before = value.slice(0, index);
        if (before.some((other) => other.name === name)) refuse(index, "name", `"${name}" is declared twice`);
        for (const role of new Set(defaults)) {
            const holder = before.find((other) => other.defaults?.includes(role));
            if (holder) refuse(index, "defaults", `"${holder.name}" is the default for ${role} already`);
        }
    });
});

/** One storage class as a stack declares it. */
export type ClassDeclaration = z.infer<typeof declaration>;

/** Reads the setting, a JSON list; throws `invalid-argument` with the path of what is wrong. Nothing given is no class. */
export function readStorageClasses(text: string | undefined): ClassDeclaration[] {
    if (text === undefined || text === "") return [];
    const result = declarations.safeParse(readJson(text));
    if (result.success) return result.data;
    const complaints = result.error.issues
        .flatMap((issue) => complaintsOf(issue, declarations))
        .map(({ path, reason }) => (path.length === 0 ? reason : `${describePath(path)}: ${reason}`));
    throw unusable(complaints.join("; "));
}

/** The error for a declaration that cannot be followed. */
export function unusable(why: string): BootsourceError {
    return new BootsourceError("invalid-argument", `cannot use bootsource:storageClasses: ${why}`);
}

function readJson(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        throw unusable('it is not JSON; it is a list such as [{"name": "fast", "directory": "/srv/fast"}]');
    }
}
