// The note that a SystemBootSources leaves on the HyperConverged: whose the switch is, and what cannot be read there meanwhile.
import type { Owner } from "../cluster/ownership.js";
import type { DataImportCronTemplate, Metadata } from "../model/objects.js";
import { readNote } from "../rules/default-roles.js";

/** What a resource of ours leaves on the object: a token that its state holds too, and how the switch stood before. */
export interface SwitchHold extends Owner {
    /** Null where the object said nothing. */
    readonly enabled: boolean | null;
    /** Entries of other hands that ours took the place of. */
    readonly entries: readonly DataImportCronTemplate[];
    /**
     * Shipped entries that ours took the place of, on a platform whose list is its own: it does not show them meanwhile, and a run
     * that is killed after its write leaves no state that remembers them.
     */
    readonly shipped?: readonly DataImportCronTemplate[];
}

/** The annotation that keeps it. */
export const holdKey = "pulumi-bootsource/system-boot-sources";

/** Who holds the switch; undefined where no resource of ours does. */
export function switchHold({ metadata }: { readonly metadata: Pick<Metadata, "annotations"> }): SwitchHold | undefined {
    return readNote(metadata.annotations?.[holdKey]) as SwitchHold | undefined;
}
