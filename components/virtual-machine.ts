// VirtualMachine: a KubeVirt machine whose disk comes from an image of ours, as resources of Pulumi's Kubernetes provider.
import * as pulumi from "@pulumi/pulumi";
import { isBootsourceError } from "../provider/model/errors.js";
import { virtualMachineComplaints } from "../provider/model/virtual-machine.js";
import type { ObjectReference } from "./boot-source-args.js";
import { inCdisWords } from "./data-volume-template.js";
import type { VirtualMachineArgs, VirtualMachineStatus } from "./virtual-machine-args.js";
import { checkArguments } from "./check-arguments.js";
import { defaultKubernetes, type KubernetesSdk, loadKubernetesSdk } from "./virtual-machine-sdk.js";
import {
    cloudInitDataOf,
    dataVolumeNameOf,
    isInstancetypeInferred,
    isPreferenceInferred,
    type NamedMachine,
    renderMachine,
} from "./virtual-machine-spec.js";

/**
 * A KubeVirt virtual machine that boots from a clone of a boot source or an image, or from an image that it imports itself. It needs
 * `@pulumi/kubernetes`, and a cluster with KubeVirt: the one of `bootsource:kubeconfig`, or that of a Kubernetes provider given to it.
 *
 * ```ts
 * const web = new bootsource.VirtualMachine("web", {
 *     rootDisk: { source: fedora, storage: { size: "30Gi" } },
 *     cloudInitNoCloud: { userData: "#cloud-config\nssh_authorized_keys: [...]\n" },
 * });
 * export const console = web.consoleCommand;
 * ```
 *
 * The machine is made when its image is ready. Size and devices come from the labels of the image (instance type and preference),
 * unless `instancetype`, or `cpu` and `memory`, say something else. **The disk goes with the machine**: deleting the machine deletes
 * it. See docs/virtual-machines.md.
 */
export class VirtualMachine extends pulumi.ComponentResource {
    /** Name of the machine. */
    readonly name: pulumi.Output<string>;
    /** Namespace of the machine and of its disk. */
    readonly namespace: pulumi.Output<string>;
    /** Name of the DataVolume of the root disk. */
    readonly dataVolumeName: pulumi.Output<string>;
    /** The claim that holds the root disk. */
    readonly rootDisk: pulumi.Output<ObjectReference>;
    /** What KubeVirt told of the machine when it was last updated or refreshed. */
    readonly status: pulumi.Output<VirtualMachineStatus | undefined>;
    /** The command that opens its serial console. */
    readonly consoleCommand: pulumi.Output<string>;
    /** The Kubernetes resource underneath. */
    readonly machine: pulumi.CustomResource;
    /** The Secret with the cloud-init data that were given as text. */
    readonly cloudInitSecret: pulumi.CustomResource | undefined;

    /** Errors of the arguments are found in preview, with their path, in the words of KubeVirt and CDI. */
    constructor(name: string, args: VirtualMachineArgs, opts?: pulumi.ComponentResourceOptions) {
        super("bootsource:index:VirtualMachine", name, {}, opts);
        const doing = `make the virtual machine ${name}`;
        const { source } = args.rootDisk;
        const machine: NamedMachine = checkArguments(
            virtualMachineComplaints,
            { name, ...args, rootDisk: { ...args.rootDisk, source: inCdisWords(source) } },
            doing,
            this,
        );
        const sdk = this.shown(() => loadKubernetesSdk(doing));
        const provider = this.getProvider("kubernetes::") ?? this.shown(() => defaultKubernetes(sdk, doing));

        this.cloudInitSecret = this.makeSecret(name, machine, sdk, provider);
        const secretName = this.cloudInitSecret === undefined ? undefined : secretNameOf(machine);
        const images = pulumi.Resource.isInstance(source) ? [source] : [];
        const made = new sdk.CustomResource(
            `${name}-machine`,
            {
                apiVersion: "kubevirt.io/v1",
                kind: "VirtualMachine",
                ...renderMachine(machine, secretName),
                status: undefined,
            },
            {
                parent: this,
                ...(provider === undefined ? {} : { provider }),
                dependsOn: this.cloudInitSecret === undefined ? images : [...images, this.cloudInitSecret],
                // KubeVirt writes what it found in the place of the question, and refuses to be asked beside an answer.
                ignoreChanges: [
                    ...(isInstancetypeInferred(machine) ? ["spec.instancetype"] : []),
                    ...(isPreferenceInferred(machine) ? ["spec.preference"] : []),
                ],
            },
        );
        this.machine = made;
        this.name = pulumi.output(machine.name);
        this.namespace = made.metadata.apply(({ namespace }) => namespace);
        this.dataVolumeName = pulumi.output(dataVolumeNameOf(machine));
        this.rootDisk = pulumi.output({ namespace: this.namespace, name: this.dataVolumeName });
        this.status = (made as unknown as { status: pulumi.Output<VirtualMachineStatus | undefined> }).status;
        this.consoleCommand = pulumi.interpolate`virtctl console ${this.name} --namespace ${this.namespace}`;
        this.registerOutputs({
            name: this.name,
            namespace: this.namespace,
            dataVolumeName: this.dataVolumeName,
            rootDisk: this.rootDisk,
            status: this.status,
            consoleCommand: this.consoleCommand,
        });
    }

    /** cloud-init data often hold passwords, and everybody who may see a machine sees what stands in it. */
    private makeSecret(
        name: string,
        machine: NamedMachine,
        { Secret }: KubernetesSdk,
        provider: pulumi.ProviderResource | undefined,
    ): pulumi.CustomResource | undefined {
        const stringData = cloudInitDataOf(machine);
        if (stringData === undefined) return undefined;
        const { namespace } = machine;
        const metadata = { name: secretNameOf(machine), ...(namespace === undefined ? {} : { namespace }) };
        return new Secret(
            `${name}-cloud-init`,
            { metadata, stringData },
            { parent: this, ...(provider === undefined ? {} : { provider }) },
        );
    }

    /** Runs what may fail for a reason that the user can mend: shown on this row, without a stack. */
    private shown<T>(make: () => T): T {
        try {
            return make();
        } catch (cause) {
            if (!isBootsourceError(cause)) throw cause;
            throw Object.assign(new pulumi.ResourceError(cause.message, this, true), { cause });
        }
    }
}

function secretNameOf({ name }: NamedMachine): pulumi.Input<string> {
    return typeof name === "string" ? `${name}-cloud-init` : pulumi.interpolate`${name}-cloud-init`;
}
