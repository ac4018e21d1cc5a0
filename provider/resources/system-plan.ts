// What is to be written to the HyperConverged: the switch and our entries, beside everybody else's; and whose they are now.
import { type Owner, ownerAnnotations, ownerOf } from "../cluster/ownership.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCronTemplate, HyperConverged } from "../model/objects.js";
import type { SystemBootSourcesSpec } from "../model/system-boot-sources.js";
import { isOn } from "../rules/effective-templates.js";
import { entryOf, saysAll, saysNoOther, shippedNamed, unknownName } from "../rules/system-entries.js";
import { switchHold } from "./system-hold.js";
import { type SystemView, isListHidden } from "./system-look.js";

/** Throws `not-owned` where another resource holds the switch or an entry, and `invalid-argument` for a name that nothing has. */
export function surveySystem(
    spec: SystemBootSourcesSpec,
    view: SystemView,
    owner: { readonly urn: string; readonly token: string | undefined },
): void {
    const hold = view.object && switchHold(view.object);
    if (hold !== undefined && !isHeldBy(hold, owner) && spec.takeOver !== true) throw held("the switch", hold.urn);
    for (const name of Object.keys(spec.overrides ?? {})) {
        const shipped = shippedNamed(name, view.system);
        // Its list is shown once the switch is on: then it is looked at again.
        if (shipped === undefined && isListHidden(view)) continue;
        if (shipped === undefined) {
            throw new BootsourceError("invalid-argument", `cannot override ${name}: ${unknownName(name, view.system)}`);
        }
        const there = entriesOf(view.object).find(({ metadata }) => metadata.name === shipped.metadata.name);
        if (there === undefined || spec.takeOver === true) continue;
        const by = ownerOf(there.metadata);
        if (by !== undefined && isHeldBy(by, owner)) continue;
        throw held(`the entry ${there.metadata.name}`, by?.urn);
    }
}

/** Our entries, by the arguments; those that are there and say it all stay as they are, with what the platform added. */
export function wantedEntries(
    { overrides = {} }: SystemBootSourcesSpec,
    { system, object }: SystemView,
    owner: Owner,
): DataImportCronTemplate[] {
    return Object.entries(overrides).flatMap(([name, override]) => {
        const shipped = shippedNamed(name, system);
        if (shipped === undefined) return [];
        const entry = entryOf(shipped, override);
        const annotations = { ...entry.metadata.annotations, ...ownerAnnotations(owner) };
        const wanted = { ...entry, metadata: { ...entry.metadata, annotations } };
        const there = entriesOf(object).find(({ metadata }) => metadata.name === entry.metadata.name);
        return [there !== undefined && isAsWanted(there, wanted) ? there : wanted];
    });
}

/** Whether an entry is what one of ours is to be; what the platform or others added to its marks is no difference. */
export function isAsWanted(there: DataImportCronTemplate, wanted: DataImportCronTemplate): boolean {
    return saysAll(there.metadata, wanted.metadata) && saysNoOther(there.spec, wanted.spec);
}

/** The spec with the switch as asked, and the list with ours in it: each in its place where it was there, all others untouched. */
export function applyPlan(
    spec: HyperConverged["spec"],
    enabled: boolean,
    entries: readonly DataImportCronTemplate[],
    isOwn: (owner: Owner) => boolean,
): void {
    const sources = (spec.workloadSources ??= {});
    if (isOn(spec) !== enabled) sources.enableCommonBootImageImport = enabled;
    const before = sources.dataImportCronTemplates ?? [];
    const ours = new Map(entries.map((entry) => [entry.metadata.name, entry]));
    const kept = before.flatMap((entry) => {
        const wanted = ours.get(entry.metadata.name);
        ours.delete(entry.metadata.name);
        if (wanted !== undefined) return [wanted];
        const owner = ownerOf(entry.metadata);
        return owner !== undefined && isOwn(owner) ? [] : [entry];
    });
    const after = [...kept, ...ours.values()];
    if (after.length > 0 || sources.dataImportCronTemplates !== undefined) sources.dataImportCronTemplates = after;
}

/** Lets go of our entries: they stay in the list, and are nobody's from then on. */
export function disownEntries(spec: HyperConverged["spec"], token: string): void {
    for (const { metadata } of spec.workloadSources?.dataImportCronTemplates ?? []) {
        if (ownerOf(metadata)?.token !== token) continue;
        const marks = Object.keys(ownerAnnotations({ urn: "", token }));
        const left = Object.entries(metadata.annotations ?? {}).filter(([key]) => !marks.includes(key));
        metadata.annotations = Object.fromEntries(left);
    }
}

/** The entries as somebody has written them. */
export function entriesOf(object: Pick<HyperConverged, "spec"> | undefined): readonly DataImportCronTemplate[] {
    return object?.spec.workloadSources?.dataImportCronTemplates ?? [];
}

/** Whether a mark of ours is this resource's own: by its token, or by its URN where the token is of an earlier life. */
export function isHeldBy(
    hold: Owner,
    { urn, token }: { readonly urn: string; readonly token: string | undefined },
): boolean {
    return hold.token === token || hold.urn === urn;
}

function held(what: string, urn: string | undefined): BootsourceError {
    const who = urn === undefined ? "somebody else wrote it" : `${urn} holds it`;
    return new BootsourceError(
        "not-owned",
        `cannot change ${what} of the HyperConverged: ${who}; change it there, or set takeOver: true to take it from there`,
        urn === undefined ? {} : { facts: { owner: urn } },
    );
}
