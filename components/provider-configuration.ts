// What a stack's configuration says of a store or a cluster, as the arguments of a Provider.
import * as pulumi from "@pulumi/pulumi";
import type { ProviderArgs } from "./provider.js";

/**
 * What an own provider that says `own` takes over from the stack's configuration: how sources are reached in any case, and where
 * images are unless it says so itself. A namespace of the one cluster is none of another's.
 */
export function fromConfiguration(own: ProviderArgs): ProviderArgs {
    const config = new pulumi.Config("bootsource");
    const sources = {
        mirrors: config.getObject<Record<string, string>>("mirrors"),
        caCertificates: config.get("caCertificates"),
        pullSecret: config.getSecret("pullSecret"),
        insecureRegistries: config.getObject<string[]>("insecureRegistries"),
        upstream: config.get("upstream"),
    };
    const isElsewhere = own.store !== undefined || own.kubeconfig !== undefined;
    if (isElsewhere) return given(sources);
    return given({
        ...sources,
        store: config.get("store"),
        parallelImports: config.getNumber("parallelImports"),
        storageClasses: config.getObject<NonNullable<ProviderArgs["storageClasses"]>>("storageClasses"),
        kubeconfig: config.getSecret("kubeconfig"),
        context: config.get("context"),
        namespace: config.get("namespace"),
        uploadProxyUrl: config.get("uploadProxyUrl"),
        uploadProxyCaCertificates: config.get("uploadProxyCaCertificates"),
        uploadProxyInsecure: config.getBoolean("uploadProxyInsecure"),
        onClusterChange: config.get("onClusterChange"),
        unreachable: config.get("unreachable"),
    });
}

type Absent<T> = { readonly [K in keyof T]: T[K] | undefined };

function given(args: Absent<ProviderArgs>): ProviderArgs {
    return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}
