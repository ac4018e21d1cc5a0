// The boot sources that the platform ships, where they live, and the marks of its list (assets/dataImportCronTemplates of HCO 1.13 to 1.20).
import type { DataImportCronTemplate, Ref } from "../model/objects.js";

/** The one HyperConverged object, where nobody has put it elsewhere (the product of Red Hat has it in `openshift-cnv`). */
export const hyperConvergedRef: Ref & { readonly namespace: string } = {
    namespace: "kubevirt-hyperconverged",
    name: "kubevirt-hyperconverged",
};

/** Where it may be: upstream, and in the product of Red Hat. */
export const hyperConvergedNamespaces: readonly string[] = [hyperConvergedRef.namespace, "openshift-cnv"];

/** Where the platform's boot sources live, unless the object names another namespace. */
export const systemNamespace = "kubevirt-os-images";

/** The same upstream and in the product of Red Hat; whoever is signed in may look at them there. */
export const systemNamespaces: readonly string[] = [systemNamespace, "openshift-virtualization-os-images"];

/** Annotations of the list's entries. */
export const templateAnnotations = {
    /** "false" takes an entry out of the effective list; nothing but "true" and "false" is accepted. */
    enable: "dataimportcrontemplate.kubevirt.io/enable",
    /** Injected where it is absent. */
    bindImmediate: "cdi.kubevirt.io/storage.bind.immediate.requested",
    architectures: "ssp.kubevirt.io/dict.architectures",
} as const;

const shipped = [
    { name: "centos-stream9", image: "centos-stream:9", size: "10Gi" },
    { name: "centos-stream10", image: "centos-stream:10", size: "10Gi" },
    { name: "fedora", image: "fedora:latest", size: "5Gi" },
] as const;

/** The list of a world that has no operator to ask for it. A cluster's own is read from its HyperConverged, and never assumed. */
export const systemTemplates: readonly DataImportCronTemplate[] = shipped.map(({ name, image, size }) => ({
    metadata: { name: `${name}-image-cron`, annotations: { [templateAnnotations.bindImmediate]: "true" } },
    spec: {
        schedule: "0 */12 * * *",
        garbageCollect: "Outdated",
        managedDataSource: name,
        template: {
            spec: {
                source: { registry: { url: `docker://quay.io/containerdisks/${image}` } },
                storage: { resources: { requests: { storage: size } } },
            },
        },
    },
}));
