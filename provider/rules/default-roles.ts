// Which storage class is the default for what, who holds that, and who wrote the mark.
import type { Metadata, StorageClass } from "../model/objects.js";
import type { StorageDefaultSpec } from "../model/storage-default.js";
import { defaultAnnotations, markedClasses } from "./storage-class.js";

/** One thing that a class can be the default for. */
export type DefaultRole = "virt" | "cluster";

const marks: Readonly<Record<DefaultRole, string>> = {
    virt: defaultAnnotations.virtualization,
    cluster: defaultAnnotations.cluster,
};

/** For a person: "default for virtual machines". */
export const roleNames: Readonly<Record<DefaultRole, string>> = {
    virt: "default for virtual machines",
    cluster: "cluster's default",
};

/** The roles that the argument stands for. */
export function rolesOf({ role = "virt" }: Pick<StorageDefaultSpec, "role">): readonly DefaultRole[] {
    if (role === "both") return ["virt", "cluster"];
    return role === "none" ? [] : [role];
}

/** Whether a class is marked: the exact string "true" counts, and nothing else. */
export function isMarked({ metadata }: Pick<StorageClass, "metadata">, role: DefaultRole): boolean {
    return metadata.annotations?.[marks[role]] === "true";
}

/** Writes the mark, or takes it away as the platform's own procedure does. */
export function setMark(storageClass: StorageClass, role: DefaultRole, to: boolean): void {
    storageClass.metadata.annotations = { ...storageClass.metadata.annotations, [marks[role]]: String(to) };
}

/** Names of the classes that are marked for a role, the one that counts first. */
export function holdersOf(classes: readonly StorageClass[], role: DefaultRole): string[] {
    return markedClasses(classes, marks[role]).map(({ metadata }) => metadata.name);
}

/** What a resource of ours leaves on a class that it made the default: a token that its state holds too, and who was it before. */
export interface Hold {
    readonly urn: string;
    readonly token: string;
    /** Classes that were marked when the resource was made, the one that counted first. */
    readonly previous: readonly string[];
}

/** The annotation that keeps a hold. */
export function holdKey(role: DefaultRole): string {
    return `pulumi-bootsource/${role}-default`;
}

/** Who holds a role on that class; undefined where no resource of ours does. */
export function holdOn({ metadata }: Pick<StorageClass, "metadata">, role: DefaultRole): Hold | undefined {
    return readNote(metadata.annotations?.[holdKey(role)]) as Hold | undefined;
}

/** A note of ours, as JSON; one that somebody has edited to nonsense is none. */
export function readNote(text: string | undefined): unknown {
    try {
        return text === undefined ? undefined : JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** Notes a hold, or takes the note away. */
export function setHold(storageClass: StorageClass, role: DefaultRole, hold: Hold | undefined): void {
    const { [holdKey(role)]: _old, ...others } = storageClass.metadata.annotations ?? {};
    storageClass.metadata.annotations = {
        ...others,
        ...(hold === undefined ? {} : { [holdKey(role)]: JSON.stringify(hold) }),
    };
}

/** Who declares the mark of a class and would write it again (server-side apply); undefined where nobody does. */
export function declarerOf({ metadata }: Pick<StorageClass, "metadata">, role: DefaultRole): string | undefined {
    return writers(metadata, role).find(({ operation }) => operation === "Apply")?.manager;
}

/** Who wrote the mark last, as far as the API server tells; else who wrote anything of the class last. */
export function lastWriterOf({ metadata }: Pick<StorageClass, "metadata">, role: DefaultRole): string | undefined {
    const latest = (entries: readonly { manager: string; time?: string }[]): string | undefined =>
        [...entries].sort((a, b) => (b.time ?? "").localeCompare(a.time ?? ""))[0]?.manager;
    return latest(writers(metadata, role)) ?? latest(metadata.managedFields ?? []);
}

function writers({ managedFields = [] }: Metadata, role: DefaultRole) {
    return managedFields.filter(({ fieldsV1 = {} }) => {
        const annotations = within(within(fieldsV1, "f:metadata"), "f:annotations");
        return annotations !== undefined && `f:${marks[role]}` in annotations;
    });
}

function within(tree: Readonly<Record<string, unknown>> | undefined, key: string) {
    return tree?.[key] as Readonly<Record<string, unknown>> | undefined;
}
