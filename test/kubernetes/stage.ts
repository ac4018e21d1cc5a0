// A cluster over the control plane for tests as a stage: two connections of our own, and two namespaces that nobody else uses.
import { readFile } from "node:fs/promises";
import { KubernetesCluster } from "../../provider/kubernetes/cluster.js";
import { readKubeconfig } from "../../provider/kubernetes/kubeconfig.js";
import { systemClock } from "../../provider/model/clock.js";
import type { Stage } from "../conformance/cluster.js";
import type { ImportStage } from "../conformance/imports.js";
import type { Web } from "../engine/web.js";
import type { ControlPlane } from "../control-plane/control-plane.js";

/** The stage. */
export async function makeKubernetesStage(
    plane: ControlPlane,
): Promise<Stage & { readonly cluster: KubernetesCluster }> {
    const namespaces = [await plane.namespace("here"), await plane.namespace("elsewhere")] as const;
    const [cluster, other] = [
        await openCluster(plane.kubeconfig, namespaces[0]),
        await openCluster(plane.kubeconfig, namespaces[0]),
    ];
    return {
        cluster,
        other,
        namespaces,
        close: async () => {
            await Promise.all([cluster.close(), other.close()]);
        },
    };
}

/** The same with a class of its own, where imports are CDI's, its pods the control plane's, and disks files of this machine. */
export async function makeImportStage(plane: ControlPlane, web: Web): Promise<ImportStage> {
    const stage = await makeKubernetesStage(plane);
    const storageClassName = `class-of-${stage.namespaces[0]}`;
    const remove = await plane.storageClass({
        name: storageClassName,
        provisioner: "kubevirt.io/hostpath-provisioner",
    });
    return {
        ...stage,
        storageClassName,
        publish: (name, bytes) => ({
            http: { url: web.serve(`/${stage.namespaces[0]}/${name}.img`, Buffer.from(bytes)) },
        }),
        // CDI's pods end by themselves.
        completeImport: () => Promise.resolve(),
        readDisk: async ({ namespace = "", name }) =>
            new Uint8Array(await readFile(await plane.contentOf(namespace, name))),
        close: async () => {
            await stage.close();
            await remove();
        },
    };
}

/** A cluster by its kubeconfig's text. The caller closes it. */
export async function openCluster(kubeconfig: string, namespace?: string): Promise<KubernetesCluster> {
    const target = await readKubeconfig({ kubeconfig, resolvePath: (path) => path });
    return new KubernetesCluster(target, { clock: systemClock, namespace });
}
