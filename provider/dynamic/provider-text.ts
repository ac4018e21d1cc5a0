// The one line that Pulumi keeps with every dynamic resource: it never changes, so it never makes a diff, and it always loads
// the code that is installed. Old states name "pulumi-bootsource/runtime", so that entry stays for ever.

/** The provider of a resource class, as text. `kind` is the class's name. */
export function providerText(kind: string): string {
    return `exports.handler=()=>require("pulumi-bootsource/runtime").provider("${kind}");`;
}
