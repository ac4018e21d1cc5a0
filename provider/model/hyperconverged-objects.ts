// The HyperConverged object as hco.kubevirt.io/v1 has it, with the fields about boot sources; older versions are read and written as this.
import type { DataImportCron } from "./boot-objects.js";
import type { Condition, Metadata } from "./metadata.js";

/** One entry of the list of boot sources. */
export interface DataImportCronTemplate {
    metadata: Pick<Metadata, "name" | "namespace" | "labels" | "annotations">;
    /** May be left out of an entry that only switches a system boot source off. */
    spec?: DataImportCron["spec"];
}

/** An entry of the effective list, and whose it is. */
export interface EffectiveTemplate extends DataImportCronTemplate {
    status: {
        /** True for an entry that the platform ships; absent for a custom one. */
        commonTemplate?: boolean;
        /** True where somebody's entry of that name takes its place. */
        modified?: boolean;
        conditions?: Condition[];
    };
}

/** hco.kubevirt.io HyperConverged; there is one, of a fixed name. */
export interface HyperConverged {
    metadata: Metadata;
    spec: {
        workloadSources?: {
            /** Only for the entries that the platform ships; absent is true. */
            enableCommonBootImageImport?: boolean;
            /** Since 1.19; before that a feature gate of the same name. */
            enableMultiArchBootImageImport?: boolean;
            /** Where they live, as long as nobody's entry takes their place. */
            commonBootImageNamespace?: string;
            dataImportCronTemplates?: DataImportCronTemplate[];
        };
        /** A list in v1, a map in v1beta1. */
        featureGates?: readonly { name: string; state?: string }[] | Readonly<Record<string, unknown>>;
    };
    status?: {
        observedGeneration?: number;
        /** Made once; takes the place of the schedule of every shipped entry. */
        dataImportSchedule?: string;
        /** The effective list, by name. */
        dataImportCronTemplates?: EffectiveTemplate[];
        conditions?: Condition[];
        nodeInfo?: { workloadsArchitectures?: string[] };
    };
}
