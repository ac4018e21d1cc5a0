// The URN of a resource as its class is constructed: its provider shows what it says on the resource's own row.
import * as pulumi from "@pulumi/pulumi";

/** Plain text where no parent takes part in it: `pulumi.createUrn` costs a dozen promises for each resource. */
export function ownUrn(
    name: string,
    type: string,
    opts: pulumi.CustomResourceOptions | undefined,
): pulumi.Input<string> {
    const { parent } = opts ?? {};
    if (parent === undefined) return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${type}::${name}`;
    // A promise, and no output: that would depend on the parent, and with a component on each of its children, two of which would
    // wait for each other for ever.
    return new Promise((resolve) => pulumi.createUrn(name, type, parent).apply(resolve));
}
