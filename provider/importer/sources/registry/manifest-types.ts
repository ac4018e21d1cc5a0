// The media types of container images that matter here, by what they are.

/** What may stand behind a reference, in the order of preference; the last two are there to be refused by name. */
export const manifestTypes: readonly string[] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.v1+json",
];

/** Configs of container images; with any other the manifest is of something else. */
export const configTypes: ReadonlySet<string> = new Set([
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
]);

/** What manifests hold that are no container images, by the media type of their config. */
export const artifactNames: readonly (readonly [RegExp, string])[] = [
    [/helm/, "a Helm chart"],
    [/wasm/, "a WebAssembly module"],
    [/in-toto|cosign|dsse|notary/, "a signature or an attestation"],
    [/flux/, "a Flux artifact"],
];
