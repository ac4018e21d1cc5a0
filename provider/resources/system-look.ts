// The HyperConverged as it is: where it is, what the platform ships, and what its list comes to now or with other entries.
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import type { DataImportCronTemplate, EffectiveTemplate, HyperConverged, Pointer } from "../model/objects.js";
import { defaultSchedule } from "../model/schedule.js";
import type { SystemBootSourcesSpec } from "../model/system-boot-sources.js";
import { effectiveTemplates, isOn, withSchedule } from "../rules/effective-templates.js";
import { hyperConvergedNamespaces, hyperConvergedRef, systemTemplates } from "../rules/system-list.js";
import type { World } from "./contract.js";
import { switchHold } from "./system-hold.js";

/** What there is. */
export interface SystemView {
    readonly at: Pointer;
    /** Undefined in a world whose list is ours to make and that has none yet. */
    readonly object: HyperConverged | undefined;
    /** Whether the platform's list is its own, and not ours to make. */
    readonly byPlatform: boolean;
    /** What the platform ships, as far as it tells: with the switch off it tells nothing. */
    readonly system: readonly DataImportCronTemplate[];
    /** The effective list now. */
    readonly effective: readonly EffectiveTemplate[];
}

/**
 * Looks. `remembered` are shipped entries that the list does not show because an entry of ours takes their place. One that nobody
 * remembers is known by what takes its place, of whatever hand.
 */
export async function lookAtSystem(
    spec: Pick<SystemBootSourcesSpec, "namespace">,
    remembered: readonly DataImportCronTemplate[],
    { cluster }: Pick<World, "cluster">,
): Promise<SystemView> {
    const { at, object } = await find(spec, cluster);
    if (object === undefined && !cluster.capabilities.ownSystemList) throw absent(cluster.name);
    const byPlatform = !cluster.capabilities.ownSystemList;
    const shown = object?.status?.dataImportCronTemplates ?? [];
    const common = shown.filter(({ status }) => status.commonTemplate === true);
    const asShipped = common.filter(({ status }) => status.modified !== true).map(withoutStatus);
    const noted = (object && switchHold(object)?.shipped) ?? [];
    // Its entries have the platform's own schedule by then: an override that names none says that one.
    const known = byPlatform
        ? [...asShipped, ...noted, ...remembered, ...common.map(withoutStatus)]
        : systemTemplates.map((one) => withSchedule(one, scheduleOf(object)));
    const system = known.filter(
        (one, index) => known.findIndex(({ metadata }) => metadata.name === one.metadata.name) === index,
    );
    if (byPlatform) return { at, object, byPlatform, system, effective: shown };
    const effective = effectiveTemplates(object?.spec ?? switchedOff, { system, schedule: scheduleOf(object) });
    return { at, object, byPlatform, system, effective };
}

/** The effective list as it will be with another spec. */
export function effectiveWith(spec: HyperConverged["spec"], view: SystemView): EffectiveTemplate[] {
    return effectiveTemplates(spec, { system: view.system, schedule: scheduleOf(view.object) });
}

/** As a world of ours makes it: with the switch off, as nobody has asked yet for 25 GiB of images. */
export const switchedOff: HyperConverged["spec"] = { workloadSources: { enableCommonBootImageImport: false } };

/** Whether the platform's entries count now. */
export function isSwitchedOn({ object }: SystemView): boolean {
    return isOn(object?.spec ?? switchedOff);
}

/** Whether it is not known what the platform ships: it shows its list with the switch on alone. */
export function isListHidden(view: SystemView): boolean {
    return view.byPlatform && !isSwitchedOn(view);
}

/** Of a list that is ours to make; a platform's entries have theirs already, or say none. */
function scheduleOf(object: HyperConverged | undefined): string | undefined {
    if (object?.status?.dataImportSchedule !== undefined) return object.status.dataImportSchedule;
    return object === undefined ? undefined : defaultSchedule(object.metadata.uid);
}

async function find(
    { namespace }: Pick<SystemBootSourcesSpec, "namespace">,
    cluster: World["cluster"],
): Promise<{ at: Pointer; object: HyperConverged | undefined }> {
    const { name } = hyperConvergedRef;
    let refused: unknown;
    for (const one of namespace === undefined ? hyperConvergedNamespaces : [namespace]) {
        try {
            const object = await cluster.get("HyperConverged", { namespace: one, name });
            if (object !== undefined) return { at: { namespace: one, name }, object };
        } catch (thrown) {
            if (!isBootsourceError(thrown) || thrown.code !== "forbidden") throw thrown;
            refused ??= thrown;
        }
    }
    if (refused !== undefined) throw refused as Error;
    return { at: { namespace: namespace ?? hyperConvergedRef.namespace, name }, object: undefined };
}

function withoutStatus({ metadata, spec }: EffectiveTemplate): DataImportCronTemplate {
    return { metadata, ...(spec === undefined ? {} : { spec }) };
}

function absent(name: string): BootsourceError {
    return new BootsourceError(
        "missing-object",
        `cannot find the system boot sources of ${name}: it has no HyperConverged object named ${hyperConvergedRef.name}; they ` +
            "come with the HyperConverged operator (OpenShift Virtualization), elsewhere make BootSources; where it lies in another " +
            "namespace give that in `namespace`",
    );
}
