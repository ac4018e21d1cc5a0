// An explicit provider instance: one world beside the one that the stack's configuration names.
import * as pulumi from "@pulumi/pulumi";

/** Where a provider instance keeps its images (a store, or a cluster by its kubeconfig), and how it reaches their sources. */
export interface ProviderArgs {
    /**
     * Directory of the embedded store, absolute or relative to the project (where Pulumi.yaml lies). It is made by the first
     * update and holds disks and credentials: mode 0700. Changing it moves every image of this provider to the new store: they
     * are imported again there, and then deleted from the old one.
     */
    store?: pulumi.Input<string>;
    /**
     * A cluster with KubeVirt's CDI, in place of a store: the text of a kubeconfig, or the path of one, absolute or relative to
     * the project. Nothing else is looked at: neither KUBECONFIG nor `~/.kube/config`, unless it is named here. It may come out
     * of a resource of the same program, such as the cluster that it makes. Kept secret. Another address or other credentials of
     * the same cluster change nothing.
     */
    kubeconfig?: pulumi.Input<string>;
    /** The kubeconfig's context. @default its current one */
    context?: pulumi.Input<string>;
    /**
     * Namespace of resources that name none. Changing it makes those anew in the other namespace. @default the context's, else
     * `default`
     */
    namespace?: pulumi.Input<string>;
    /**
     * Where the cluster's upload proxy is reached from here, for images of `source.upload`: an address such as
     * `https://uploads.example.com`. @default what CDI's own configuration says (its Ingress, Route or override)
     */
    uploadProxyUrl?: pulumi.Input<string>;
    /** PEM certificates trusted for the upload proxy, beside the system's own and what CDI tells. @default none */
    uploadProxyCaCertificates?: pulumi.Input<string>;
    /**
     * Sends images to the upload proxy whoever answers for it: its certificate is not verified, as with virtctl's `--insecure`.
     * @default false
     */
    uploadProxyInsecure?: pulumi.Input<boolean>;
    /**
     * What to do where the kubeconfig leads to another cluster than the one that the state speaks of: "refuse", or "recreate"
     * everything there (it was built anew, or the old one is left; nothing is deleted in that one). @default "refuse"
     */
    onClusterChange?: pulumi.Input<string>;
    /**
     * What a refresh and a destroy do where the cluster cannot be reached: "fail", or "forget" what it held, because it is lost
     * for good. @default "fail"
     */
    unreachable?: pulumi.Input<string>;
    /** Imports that may run at once over the store, in all processes together. Changing it never imports again. @default 4 */
    parallelImports?: pulumi.Input<number>;
    /**
     * Storage classes that the store is to have: where disks lie, who may read them, and whether boot sources are kept as
     * snapshots. A class is made by the first update that names it; one that is no longer named stays as it is. Changing one
     * never imports again: disks that are there stay where they are. @default one class `local`, below the store's `volumes`
     */
    storageClasses?: pulumi.Input<pulumi.Input<StorageClassArgs>[]>;
    /**
     * Prefixes of addresses, and the prefixes that are asked in their place: `{ "quay.io": "mirror.corp:5000/quay",
     * "https://images.example.com/": "https://mirror.corp/images/" }`. The longest that matches counts. State and messages
     * before the transfer keep the logical address, and a new mirror never imports again. A source's own credentials are not
     * sent to a mirror: it is asked with `pullSecret` (registries), or without any.
     */
    mirrors?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** PEM certificates trusted for every source and mirror, beside the system's own. Changing them never imports again. */
    caCertificates?: pulumi.Input<string>;
    /**
     * Content of a docker config.json, for registries and mirrors of them that a source names no credentials for. Kept secret.
     * Changing it never imports again.
     */
    pullSecret?: pulumi.Input<string>;
    /** Registries ("host" or "host:port") that may be asked by plain http, or with any certificate. @default none */
    insecureRegistries?: pulumi.Input<pulumi.Input<string>[]>;
    /** "never" for machines that cannot see the sources: previews then do not ask them what a change costs. @default "ask" */
    upstream?: pulumi.Input<string>;
}

/** One storage class of a store. */
export interface StorageClassArgs {
    /** The class's name, as `storageClassName` names it. */
    name: pulumi.Input<string>;
    /**
     * Directory of its disks, absolute or relative to the project; it may lie on another file system. Disks that are there
     * when it is changed stay where they are. @default the store's own `volumes/<name>`
     */
    directory?: pulumi.Input<string>;
    /** Mode of its disks, as text: "0600", "0640", "0660". Who may read a disk may look into the directories made for it. @default "0600" */
    mode?: pulumi.Input<string>;
    /** "uid:gid" that its disks are given to; only root may give files away. @default whoever runs the update */
    owner?: pulumi.Input<string>;
    /**
     * How it takes snapshots: "reflink" shares blocks (XFS, Btrfs), "overlay" makes the imported disk itself immutable, to
     * put thin disks upon (any file system), "none" takes none. @default "none"
     */
    snapshot?: pulumi.Input<string>;
    /** What it is the default for: "virtualization", "cluster". Applied when the declaration changes; later moves are not undone. @default none */
    defaults?: pulumi.Input<pulumi.Input<string>[]>;
    /** What boot sources are kept as: "pvc" or "snapshot". A StorageProfile that says another format goes first. @default "pvc" */
    dataImportCronSourceFormat?: pulumi.Input<string>;
}

/**
 * A world for images, given to a resource as its `provider`. Resources without one use the stack's configuration
 * (`pulumi config set bootsource:store ./store`; the other arguments under the same names, `bootsource:storageClasses`,
 * `bootsource:mirrors` and `bootsource:insecureRegistries` as JSON or by `--path`).
 *
 * ```ts
 * const lab = new bootsource.Provider("lab", { store: "/srv/lab-images" });
 * new bootsource.ImportedImage("fedora", { source: { http: { url } } }, { provider: lab });
 *
 * const east = new bootsource.Provider("east", { kubeconfig: cluster.kubeconfig, namespace: "images" });
 * new bootsource.BootSource("my-fedora", { source: { registry: { url } } }, { provider: east });
 * ```
 *
 * Moving an image from one provider to another replaces it: imported into the new store first, then deleted from the old one.
 */
export class Provider extends pulumi.ProviderResource {
    constructor(name: string, args: ProviderArgs, opts?: pulumi.ResourceOptions) {
        const { store, kubeconfig, pullSecret } = args;
        // A provider's properties are text: what has structure is JSON, as a stack's configuration has it too.
        super(
            "pulumi-nodejs",
            name,
            {
                "bootsource:store": store,
                "bootsource:kubeconfig": kubeconfig === undefined ? undefined : pulumi.secret(kubeconfig),
                "bootsource:context": args.context,
                "bootsource:namespace": args.namespace,
                "bootsource:uploadProxyUrl": args.uploadProxyUrl,
                "bootsource:uploadProxyCaCertificates": args.uploadProxyCaCertificates,
                "bootsource:uploadProxyInsecure": asJson(args.uploadProxyInsecure),
                "bootsource:onClusterChange": args.onClusterChange,
                "bootsource:unreachable": args.unreachable,
                "bootsource:parallelImports": asJson(args.parallelImports),
                "bootsource:storageClasses": asJson(args.storageClasses),
                "bootsource:mirrors": asJson(args.mirrors),
                "bootsource:caCertificates": args.caCertificates,
                "bootsource:pullSecret": pullSecret === undefined ? undefined : pulumi.secret(pullSecret),
                "bootsource:insecureRegistries": asJson(args.insecureRegistries),
                "bootsource:upstream": args.upstream,
            },
            opts,
        );
    }
}

function asJson(value: unknown): pulumi.Output<string> | undefined {
    return value === undefined ? undefined : pulumi.jsonStringify(value);
}
