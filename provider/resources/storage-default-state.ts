// What Pulumi keeps of a storage default: its inputs, who was the default before, and what of its profile counts.
import { conditionOf } from "../model/conditions.js";
import type { StorageClass, StorageProfile } from "../model/objects.js";
import { type StorageDefaultSpec, storageDefaultArgs } from "../model/storage-default.js";
import { type DefaultRole, holdersOf, isMarked } from "../rules/default-roles.js";
import { profileFields } from "../rules/profile-wish.js";
import type { Data, World } from "./contract.js";

/** A profile for a person: what is asked for, and what counts. */
export interface ShownProfile extends Data {
    /** The spec's fields. */
    asked: Data;
    /** The status's fields. */
    effective: Data;
    /** Whether the platform knows how to provision with this class. */
    recognized: boolean | null;
}

/** The outputs beside the inputs. */
export interface StorageDefaultState extends Data {
    /** The shape of this record; a newer package reads every older one. */
    stateVersion: 1;
    urn: string;
    token: string;
    cluster: string;
    /** What the class is the default for. */
    roles: DefaultRole[];
    /** Who was marked before, by role, the one that counted first. */
    previousDefaults: Partial<Record<DefaultRole, readonly string[]>>;
    effectiveSourceFormat: string | null;
    profile: ShownProfile | null;
}

/** The names of everything that `check` may hand on. */
export const storageDefaultInputs: ReadonlySet<string> = new Set([...Object.keys(storageDefaultArgs.shape), "cluster"]);

/** The inputs among a state's properties, as they were checked. */
export function inputsOf(state: Data): Data {
    return Object.fromEntries(
        Object.entries(state).filter(
            ([key, value]) => storageDefaultInputs.has(key) && value !== undefined && value !== null,
        ),
    );
}

/** The arguments among them. */
export function specOf(inputs: Data): StorageDefaultSpec {
    const { cluster: _in, ...args } = inputsOf(inputs);
    return args as unknown as StorageDefaultSpec;
}

/** Reads what is now true. */
export async function toStorageDefaultState(
    inputs: Data,
    known: Pick<StorageDefaultState, "urn" | "token" | "cluster" | "previousDefaults">,
    { cluster }: Pick<World, "cluster">,
): Promise<StorageDefaultState> {
    const { storageClassName: name } = specOf(inputs);
    const classes = await cluster.list("StorageClass");
    const profile = await cluster.get("StorageProfile", { name });
    return {
        ...inputsOf(inputs),
        ...known,
        stateVersion: 1,
        roles: rolesIn(classes, name),
        effectiveSourceFormat: profile?.status?.dataImportCronSourceFormat ?? null,
        profile: profile === undefined ? null : toShown(profile),
    };
}

/** What a class is the default for: it is marked, and of all that are marked it counts. */
export function rolesIn(classes: readonly StorageClass[], name: string): DefaultRole[] {
    const target = classes.find(({ metadata }) => metadata.name === name);
    const marked = (role: DefaultRole): boolean => target !== undefined && isMarked(target, role);
    return (["virt", "cluster"] as const).filter((role) => marked(role) && holdersOf(classes, role)[0] === name);
}

function toShown({ spec, status = {} }: StorageProfile & { status?: StorageProfile["status"] }): ShownProfile {
    const fields = (values: Data): Data =>
        Object.fromEntries(
            profileFields.filter((field) => values[field] !== undefined).map((field) => [field, values[field]]),
        );
    const recognized = conditionOf({ status: { conditions: status.conditions ?? [] } }, "Recognized");
    return {
        asked: fields(spec as Data),
        effective: fields(status as Data),
        recognized: recognized === undefined ? null : recognized.status === "True",
    };
}
