// The marks of the default storage classes: the new one is set before an old one goes, so that there is a default at any moment.
import { BootsourceError } from "../model/errors.js";
import { nearest } from "../model/nearest.js";
import type { StorageClass } from "../model/objects.js";
import type { StorageDefaultSpec } from "../model/storage-default.js";
import {
    type DefaultRole,
    type Hold,
    declarerOf,
    holdOn,
    holdersOf,
    isMarked,
    roleNames,
    rolesOf,
    setHold,
    setMark,
} from "../rules/default-roles.js";
import type { World } from "./contract.js";

/** The classes as they are, and who was the default before this resource. */
export interface Survey {
    readonly classes: readonly StorageClass[];
    readonly target: StorageClass;
    /** Classes that were marked before, by role, the one that counted first. */
    readonly previous: Readonly<Partial<Record<DefaultRole, readonly string[]>>>;
}

/** Looks whether the roles may be taken; throws `missing-object` or `not-owned` before anything is moved. */
export async function surveyMarks(
    spec: StorageDefaultSpec,
    token: string | undefined,
    world: Pick<World, "cluster" | "urn">,
): Promise<Survey> {
    const classes = await world.cluster.list("StorageClass");
    const target = classes.find(({ metadata }) => metadata.name === spec.storageClassName);
    if (target === undefined) throw missing(spec.storageClassName, classes, world.cluster.name);
    const previous: Partial<Record<DefaultRole, readonly string[]>> = {};
    for (const role of rolesOf(spec)) {
        const holds = classes.map((one) => holdOn(one, role)).filter((hold) => hold !== undefined);
        if (spec.takeOver !== true) refuseHeld(spec, role, classes, token, world.urn);
        const others = holdersOf(classes, role).filter((name) => name !== spec.storageClassName);
        previous[role] = holds.find((hold) => isOwn(hold, token, world.urn))?.previous ?? others;
    }
    return { classes, target, previous };
}

/** Sets the marks of the new class, then clears those of the others; says whether there was anything to do. */
export async function takeRoles(
    { classes, previous }: Survey,
    spec: StorageDefaultSpec,
    owner: { readonly urn: string; readonly token: string },
    { cluster, urn }: Pick<World, "cluster" | "urn">,
): Promise<boolean> {
    const roles = rolesOf(spec);
    let wrote = false;
    const change = async (name: string, how: (current: StorageClass, role: DefaultRole) => void): Promise<void> => {
        await cluster.update("StorageClass", { name }, (current) => {
            const before = JSON.stringify(current);
            for (const role of roles) {
                // Two stacks that take a role at the same moment must not clear each other's mark: nobody would be left.
                if (spec.takeOver !== true) refuseHeld(spec, role, [current], owner.token, urn);
                how(current, role);
            }
            if (JSON.stringify(current) !== before) wrote = true;
        });
    };
    if (roles.length === 0) return false;
    await change(spec.storageClassName, (current, role) => {
        setMark(current, role, true);
        setHold(current, role, { ...owner, previous: previous[role] ?? [] });
    });
    for (const { metadata } of classes.filter((one) => one.metadata.name !== spec.storageClassName)) {
        await change(metadata.name, (current, role) => {
            const own = holdOn(current, role);
            const ours = own !== undefined && isOwn(own, owner.token, urn);
            if (!ours && !(spec.exclusive !== false && isMarked(current, role))) return;
            setMark(current, role, false);
            setHold(current, role, undefined);
        });
    }
    return wrote;
}

/** Lets go of the roles that a state holds; with `restore` the class that was the default before is it again, where it still exists. */
export async function releaseRoles(
    held: {
        readonly storageClassName: string;
        readonly roles: readonly DefaultRole[];
        readonly token: string;
        readonly restore: boolean;
    },
    { cluster }: Pick<World, "cluster">,
): Promise<void> {
    const classes = await cluster.list("StorageClass");
    const target = classes.find(({ metadata }) => metadata.name === held.storageClassName);
    if (target === undefined) return;
    const ours = held.roles.filter((role) => holdOn(target, role)?.token === held.token);
    const given: DefaultRole[] = [];
    const previousOf = (role: DefaultRole): readonly string[] => holdOn(target, role)?.previous ?? [];
    const marked = held.restore ? ours.filter((role) => isMarked(target, role)) : [];
    // Roles that somebody gets back come first: only then can a role be left to nobody.
    for (const role of marked.sort((one, other) => previousOf(other).length - previousOf(one).length)) {
        const previous = previousOf(role);
        const still = previous.filter((name) => classes.some(({ metadata }) => metadata.name === name));
        for (const name of still) {
            await cluster.update("StorageClass", { name }, (current) => {
                setMark(current, role, true);
            });
        }
        if (still.length > 0 || (previous.length === 0 && (await isDispensable(held.storageClassName, cluster))))
            given.push(role);
    }
    if (ours.length === 0) return;
    await cluster.update("StorageClass", { name: held.storageClassName }, (current) => {
        for (const role of ours.filter((one) => holdOn(current, one)?.token === held.token)) {
            if (given.includes(role)) setMark(current, role, false);
            setHold(current, role, undefined);
        }
    });
}

/** Where nobody had the role before, nobody has it again; but never so that images find no default at all. */
async function isDispensable(name: string, cluster: World["cluster"]): Promise<boolean> {
    const others = (await cluster.list("StorageClass")).filter(({ metadata }) => metadata.name !== name);
    return (["virt", "cluster"] as const).some((role) => holdersOf(others, role).length > 0);
}

function isOwn(hold: Hold, token: string | undefined, urn: string): boolean {
    return hold.token === token || hold.urn === urn;
}

/** A role that somebody else has by declaration is not taken in passing: they would write it again, or wonder where it went. */
function refuseHeld(
    spec: StorageDefaultSpec,
    role: DefaultRole,
    classes: readonly StorageClass[],
    token: string | undefined,
    urn: string,
): void {
    for (const one of classes) {
        const { name } = one.metadata;
        const hold = holdOn(one, role);
        if (hold !== undefined && !isOwn(hold, token, urn)) {
            throw held(spec, role, `${hold.urn} made ${name} the ${roleNames[role]}`, hold.urn);
        }
        const isTarget = name === spec.storageClassName;
        // Our own write would be undone: who applies an object writes all that it declares, each time.
        const against = isTarget ? !isMarked(one, role) : spec.exclusive !== false && isMarked(one, role);
        const declarer = against ? declarerOf(one, role) : undefined;
        if (declarer !== undefined) {
            const declares = isTarget ? "is not" : "is";
            throw held(spec, role, `"${declarer}" declares that ${name} ${declares} the ${roleNames[role]}`, declarer);
        }
    }
}

function held(spec: StorageDefaultSpec, role: DefaultRole, why: string, holder: string): BootsourceError {
    return new BootsourceError(
        "not-owned",
        `cannot make the storage class ${spec.storageClassName} the ${roleNames[role]}: ${why}; change it there, or set ` +
            "takeOver: true to take it from there",
        { facts: { owner: holder } },
    );
}

/** The error for a class that is not there. */
export function missing(name: string, classes: readonly StorageClass[], clusterName: string): BootsourceError {
    const names = classes.map(({ metadata }) => metadata.name).sort();
    const meant = nearest(name, names);
    const hint = meant === undefined ? `there are ${names.join(", ") || "none"}` : `did you mean "${meant}"?`;
    return new BootsourceError(
        "missing-object",
        `cannot use the storage class "${name}": ${clusterName} has none of that name; ${hint}`,
    );
}
