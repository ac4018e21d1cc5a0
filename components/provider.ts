// An explicit provider instance: one world beside the one that the stack's configuration names.
import * as pulumi from "@pulumi/pulumi";

/** Where a provider instance keeps its images. */
export interface ProviderArgs {
    /**
     * Directory of the embedded store, absolute or relative to the project (where Pulumi.yaml lies). It is made by the first
     * update and holds disks and credentials: mode 0700. Changing it moves every image of this provider to the new store: they
     * are imported again there, and then deleted from the old one.
     */
    store: pulumi.Input<string>;
}

/**
 * A world for images, given to a resource as its `provider`. Resources without one use the stack's configuration
 * (`pulumi config set bootsource:store ./store`).
 *
 * ```ts
 * const lab = new bootsource.Provider("lab", { store: "/srv/lab-images" });
 * new bootsource.ImportedImage("fedora", { source: { http: { url } } }, { provider: lab });
 * ```
 *
 * Moving an image from one provider to another replaces it: imported into the new store first, then deleted from the old one.
 */
export class Provider extends pulumi.ProviderResource {
    constructor(name: string, args: ProviderArgs, opts?: pulumi.ResourceOptions) {
        super("pulumi-nodejs", name, { "bootsource:store": args.store }, opts);
    }
}
