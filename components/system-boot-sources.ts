// SystemBootSources: the class. All it does is hand its arguments to the provider that the text names.
import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../provider/dynamic/provider-text.js";
import type { ObjectReference } from "./boot-source-args.js";
import { ownUrn } from "./own-urn.js";
import { withoutStacks } from "./short-stacks.js";
import type { SystemBootSourcesArgs, SystemTemplate } from "./system-boot-sources-args.js";

const type = "pulumi-nodejs:dynamic/bootsource:SystemBootSources";

const outputs = {
    dangling: undefined,
    dataSources: undefined,
    hyperConverged: undefined,
    switchedOn: undefined,
    switchedOnBefore: undefined,
    templates: undefined,
};

/**
 * The boot sources that the platform itself ships: the switch of all of them, and what is to be another in each.
 *
 * ```ts
 * const system = new bootsource.SystemBootSources("system", {
 *     overrides: {
 *         fedora: { storage: { storageClassName: "fast" } },
 *         "centos-stream9": { enabled: false },
 *     },
 * });
 * export const left = system.dangling;
 * ```
 *
 * On a cluster it is the HyperConverged object that is changed, in whichever of its versions the cluster serves. A store has such an
 * object too, with what the platform ships upstream, and its switch is off until a program says otherwise. One resource holds the
 * switch of a cluster at a time.
 */
export class SystemBootSources extends pulumi.CustomResource {
    /** Whether the platform's boot sources are imported now. */
    declare readonly switchedOn: pulumi.Output<boolean>;
    /** How the switch stood when this resource was made; absent where nothing was said. */
    declare readonly switchedOnBefore: pulumi.Output<boolean | undefined>;
    /** The platform's list: its own entries, overridden and disabled ones, and custom ones. */
    declare readonly templates: pulumi.Output<SystemTemplate[]>;
    /** What machines clone from, by the DataSource's name. */
    declare readonly dataSources: pulumi.Output<Record<string, ObjectReference>>;
    /** DataSources of switched-off boot sources that lead nowhere: no machine can be made of them. */
    declare readonly dangling: pulumi.Output<string[]>;
    /** Where the HyperConverged object is. */
    declare readonly hyperConverged: pulumi.Output<ObjectReference>;

    /** Errors of the arguments are found in preview, with their path; see docs/errors.md for all others. */
    constructor(name: string, args: SystemBootSourcesArgs = {}, opts?: pulumi.CustomResourceOptions) {
        const inputs = {
            ...outputs,
            ...args,
            __preview: pulumi.runtime.isDryRun(),
            __urn: ownUrn(name, type, opts),
            __provider: providerText("SystemBootSources"),
        };
        const stacks = withoutStacks();
        try {
            super(type, name, inputs, pulumi.mergeOptions({ hideDiffs: ["__provider"] }, opts));
            stacks.restore();
        } catch (error) {
            stacks.restore(error);
            throw error;
        }
    }
}
