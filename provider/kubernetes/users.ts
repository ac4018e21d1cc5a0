// Who has a claim in use on a cluster: pods that mount it, and virtual machines whose disk it is.
import type { Ref } from "../model/objects.js";
import type { KubernetesApi } from "./api.js";
import { listAll } from "./lists.js";
import type { Api } from "./subjects.js";

const pods: Api = { kind: "Pod", apiVersion: "v1", plural: "pods", namespaced: true, statusPart: true };

const machines: Api = {
    kind: "VirtualMachineInstance",
    apiVersion: "kubevirt.io/v1",
    plural: "virtualmachineinstances",
    namespaced: true,
    statusPart: true,
};

/** "pod default/web" for each that is not finished; CDI's own workers are no users. */
export async function usersOfClaim(api: KubernetesApi, { namespace, name }: Ref): Promise<string[]> {
    const all = async (kind: Api): Promise<readonly User[]> =>
        (await listAll(api, { kind, namespace, query: {} }))?.items ?? [];
    const [running, instances] = await Promise.all([all(pods), all(machines)]);
    const uses = ({ spec, status }: User): boolean =>
        !["Succeeded", "Failed"].includes(status?.phase ?? "") &&
        (spec?.volumes ?? []).some(
            (volume) => (volume.persistentVolumeClaim?.claimName ?? volume.dataVolume?.name) === name,
        );
    const describe =
        (what: string) =>
        ({ metadata }: User): string =>
            `${what} ${metadata.namespace ?? ""}/${metadata.name}`;
    return [
        // A machine's own pod mounts the claim too: the machine is what its owner knows.
        ...instances.filter(uses).map(describe("virtual machine")),
        ...running.filter((pod) => uses(pod) && !isWorker(pod)).map(describe("pod")),
    ];
}

interface User {
    readonly metadata: { readonly namespace?: string; readonly name: string; readonly labels?: Record<string, string> };
    readonly spec?: {
        readonly volumes?: readonly {
            readonly persistentVolumeClaim?: { readonly claimName?: string };
            readonly dataVolume?: { readonly name?: string };
        }[];
    };
    readonly status?: { readonly phase?: string };
}

/** One that sends a claim's disk to a clone is a user: the clone is lost without it. */
function isWorker({ metadata: { labels } }: User): boolean {
    if (labels?.["cdi.kubevirt.io"] === "cdi-clone-source") return false;
    return labels?.["app"] === "containerized-data-importer" || labels?.["kubevirt.io"] === "virt-launcher";
}
