// The StorageClass that a declaration asks for: made, or brought in line where the declaration itself was changed.
import type { New, StorageClass, VolumeSnapshotClass } from "../model/objects.js";
import type { ClassDeclaration } from "../model/storage-classes.js";
import { defaultAnnotations } from "./storage-class.js";
import { formatParameter, provisioners } from "./storage-profile.js";

/** Where a class keeps the declaration that was last followed, as JSON. */
export const declarationAnnotation = "pulumi-bootsource/declaration";

/** Where a class keeps its earlier directories, as a JSON list: imports that were killed may have left something there. */
const formerAnnotation = "pulumi-bootsource/former-directories";

/** Directories that a class had before, as the store's objects name them. */
export function formerDirectories({ metadata }: StorageClass): string[] {
    return JSON.parse(metadata.annotations?.[formerAnnotation] ?? "[]") as string[];
}

/** A class as declared. `directory` is where its own directory really lies, as the store's objects name it. */
export interface DeclaredClass {
    readonly declaration: ClassDeclaration;
    readonly directory: string | undefined;
}

/** Every class after a declaration was followed: the same objects where there is nothing to do. */
export function withDeclared(
    classes: readonly StorageClass[],
    declared: DeclaredClass,
    fresh: (name: string) => StorageClass["metadata"],
): StorageClass[] {
    const { declaration } = declared;
    const { name, defaults = [] } = declaration;
    const said = JSON.stringify(declaration);
    const before = classes.find(({ metadata }) => metadata.name === name);
    const followed = before?.metadata.annotations?.[declarationAnnotation] === said;
    const parameters = parametersOf(declared);
    // The project may have been moved: its directories are others then, and nothing else of the class is.
    if (before !== undefined && followed && before.parameters?.["directory"] === parameters["directory"]) {
        return [...classes];
    }
    const metadata = { ...(before?.metadata ?? fresh(name)) };
    metadata.annotations = { ...metadata.annotations, ...former(before, parameters["directory"]) };
    const now: StorageClass = {
        allowVolumeExpansion: true,
        volumeBindingMode: "Immediate",
        ...before,
        metadata,
        provisioner: provisioners[declaration.snapshot ?? "none"],
        parameters,
    };
    // Marks that somebody moved since then are not moved back.
    if (followed) return classes.map((one) => (one === before ? now : one));
    // A class that was there before it was declared keeps its marks where the declaration says nothing of them.
    const over = declaration.defaults === undefined ? (lastDeclared(before)?.defaults ?? []) : allRoles;
    const kept = withoutMarks(metadata.annotations, over);
    metadata.annotations = { ...kept, ...marks(defaults), [declarationAnnotation]: said };
    const others = classes.filter((one) => one !== before).map((one) => unmarked(one, defaults));
    return [...others, now];
}

/** The VolumeSnapshotClasses that the ways of the declared classes need. */
export function snapshotClassesFor(declarations: readonly ClassDeclaration[]): New<"VolumeSnapshotClass">[] {
    const ways = new Set(declarations.map(({ snapshot = "none" }) => snapshot));
    ways.delete("none");
    return [...ways].sort().map((way): Omit<VolumeSnapshotClass, "metadata"> & New<"VolumeSnapshotClass"> => ({
        metadata: { name: `bootsource-${way}` },
        driver: provisioners[way],
        deletionPolicy: "Delete",
    }));
}

function parametersOf({ declaration, directory }: DeclaredClass): Record<string, string> {
    const { mode, owner, snapshot, dataImportCronSourceFormat } = declaration;
    const given = { directory, mode, owner, snapshot, [formatParameter]: dataImportCronSourceFormat };
    const entries = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return Object.fromEntries(entries);
}

/** The annotation for a class that gets another directory. The store's own places are always looked through. */
function former(before: StorageClass | undefined, directory: string | undefined): Record<string, string> {
    const had = before?.parameters?.["directory"];
    if (before === undefined || had === undefined || had === directory) return {};
    const known = formerDirectories(before).filter((one) => one !== had && one !== directory);
    return { [formerAnnotation]: JSON.stringify([...known, had]) };
}

type Role = keyof typeof defaultAnnotations;

const allRoles = Object.keys(defaultAnnotations) as Role[];

function lastDeclared(before: StorageClass | undefined): ClassDeclaration | undefined {
    const said = before?.metadata.annotations?.[declarationAnnotation];
    return said === undefined ? undefined : (JSON.parse(said) as ClassDeclaration);
}

function marks(roles: readonly Role[]): Record<string, string> {
    return Object.fromEntries(roles.map((role) => [defaultAnnotations[role], "true"]));
}

function withoutMarks(
    annotations: Readonly<Record<string, string>> = {},
    roles: readonly Role[],
): Record<string, string> {
    const gone: readonly string[] = roles.map((role) => defaultAnnotations[role]);
    return Object.fromEntries(Object.entries(annotations).filter(([key]) => !gone.includes(key)));
}

/** There is one default of each role: the one that was declared last. */
function unmarked(storageClass: StorageClass, roles: readonly Role[]): StorageClass {
    const { annotations = {} } = storageClass.metadata;
    if (!roles.some((role) => defaultAnnotations[role] in annotations)) return storageClass;
    return { ...storageClass, metadata: { ...storageClass.metadata, annotations: withoutMarks(annotations, roles) } };
}
