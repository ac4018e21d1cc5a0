// The machine's arguments as the object that KubeVirt knows; pure, values that are known later included.
import * as pulumi from "@pulumi/pulumi";
import { canInfer, sizesIn } from "../provider/model/virtual-machine.js";
import { withoutUndefined } from "../provider/model/without-undefined.js";
import { renderDataVolume } from "./data-volume-template.js";
import type { DiskSourceArgs } from "./data-volume-template-args.js";
import type {
    CloudInitArgs,
    NetworkArgs,
    NetworkInterfaceArgs,
    RootDiskArgs,
    VirtualMachineArgs,
} from "./virtual-machine-args.js";

/** The arguments after their check: the disk's source in CDI's words, and a name. */
export interface NamedMachine extends Omit<VirtualMachineArgs, "rootDisk"> {
    readonly name: pulumi.Input<string>;
    readonly rootDisk: Omit<RootDiskArgs, "source"> & { readonly source: DiskSourceArgs };
}

/** `metadata` and `spec` of the machine. `cloudInitSecret` names the Secret that its cloud-init data were put into. */
export function renderMachine(
    args: NamedMachine,
    cloudInitSecret: pulumi.Input<string> | undefined,
): { metadata: object; spec: object } {
    const { name, namespace, annotations, rootDisk, cpu, memory, resources, machine } = args;
    const labels = { "kubevirt.io/vm": name, ...args.labels };
    const disk = rootDisk.name ?? "rootdisk";
    const volume = renderCloudInit(args, cloudInitSecret);
    const { networks, interfaces } = renderNetworks(args);
    return {
        metadata: withoutUndefined({ name, namespace, labels, annotations: withWait(args, annotations) }),
        spec: withoutUndefined({
            runStrategy: renderRunStrategy(args),
            instancetype: args.instancetype ?? (isInstancetypeInferred(args) ? { inferFromVolume: disk } : undefined),
            preference:
                args.preference ??
                (isPreferenceInferred(args)
                    ? { inferFromVolume: disk, inferFromVolumeFailurePolicy: "Ignore" }
                    : undefined),
            dataVolumeTemplates: [renderDataVolume({ ...rootDisk, name: dataVolumeNameOf(args) })],
            template: {
                metadata: { labels },
                spec: withoutUndefined({
                    domain: withoutUndefined({
                        cpu,
                        memory,
                        resources,
                        machine,
                        devices: withoutUndefined({
                            disks: [
                                { name: disk, disk: { bus: rootDisk.bus ?? "virtio" } },
                                ...(volume === undefined ? [] : [{ name: volume.name, disk: { bus: "virtio" } }]),
                            ],
                            interfaces,
                            // KubeVirt gives a machine without networks the pod's, unless it is told not to.
                            autoattachPodInterface: networks.length === 0 ? false : undefined,
                        }),
                    }),
                    networks,
                    volumes: [
                        { name: disk, dataVolume: { name: dataVolumeNameOf(args) } },
                        ...(volume === undefined ? [] : [volume]),
                    ],
                    terminationGracePeriodSeconds: args.terminationGracePeriodSeconds,
                }),
            },
        }),
    };
}

/** The DataVolume's name, which is the claim's too. */
export function dataVolumeNameOf({ name, rootDisk }: NamedMachine): pulumi.Input<string> {
    if (rootDisk.dataVolumeName !== undefined) return rootDisk.dataVolumeName;
    return typeof name === "string" ? `${name}-rootdisk` : pulumi.interpolate`${name}-rootdisk`;
}

/** Whether KubeVirt is asked to find the instance type by the labels of what the disk comes from. */
export function isInstancetypeInferred({ instancetype, cpu, memory, resources, rootDisk }: NamedMachine): boolean {
    const isSized = instancetype !== undefined || sizesIn({ cpu, memory, resources }).length > 0;
    return !isSized && canInfer(rootDisk.source);
}

/** Likewise for the preference; an image without the label goes without one. */
export function isPreferenceInferred({ preference, rootDisk }: NamedMachine): boolean {
    return preference === undefined && canInfer(rootDisk.source);
}

/** The cloud-init data that were given as text, and are to lie in a Secret; undefined where there are none. */
export function cloudInitDataOf(args: NamedMachine): Record<string, pulumi.Output<string>> | undefined {
    const { userData, networkData } = args.cloudInitNoCloud ?? args.cloudInitConfigDrive ?? {};
    if (userData === undefined && networkData === undefined) return undefined;
    return withoutUndefined({
        userdata: userData === undefined ? undefined : pulumi.secret(userData),
        networkdata: networkData === undefined ? undefined : pulumi.secret(networkData),
    });
}

function renderCloudInit(
    { cloudInitNoCloud, cloudInitConfigDrive }: NamedMachine,
    secret: pulumi.Input<string> | undefined,
): { name: string } | undefined {
    const render = ({ userData, networkData, secretRef, networkDataSecretRef }: CloudInitArgs) =>
        withoutUndefined({
            secretRef: userData === undefined ? secretRef : { name: secret },
            networkDataSecretRef: networkData === undefined ? networkDataSecretRef : { name: secret },
        });
    const name = "cloudinitdisk";
    if (cloudInitNoCloud !== undefined) return { name, ...{ cloudInitNoCloud: render(cloudInitNoCloud) } };
    if (cloudInitConfigDrive !== undefined) return { name, ...{ cloudInitConfigDrive: render(cloudInitConfigDrive) } };
    return undefined;
}

function renderRunStrategy({ running, runStrategy }: NamedMachine): pulumi.Input<string> {
    if (running === undefined) return runStrategy ?? "Always";
    if (typeof running === "boolean") return running ? "Always" : "Halted";
    return pulumi.output(running).apply((known) => (known ? "Always" : "Halted"));
}

function renderNetworks({ networks = [{ name: "default", pod: {} }], interfaces = [] }: NamedMachine): {
    networks: NetworkArgs[];
    interfaces: NetworkInterfaceArgs[];
} {
    const connected = new Set(interfaces.map(({ name }) => name));
    const others = networks
        .filter(({ name }) => !connected.has(name))
        .map(({ name, pod }) => (pod === undefined ? { name, bridge: {} } : { name, masquerade: {} }));
    return { networks, interfaces: [...interfaces, ...others] };
}

/** Pulumi's Kubernetes provider waits for the condition that an annotation names. */
function withWait(
    { wait, running, runStrategy }: NamedMachine,
    annotations: VirtualMachineArgs["annotations"],
): VirtualMachineArgs["annotations"] {
    const stays = running === false || runStrategy === "Halted" || runStrategy === "Manual";
    if (wait !== "ready" || stays) return annotations;
    return { "pulumi.com/waitFor": "condition=Ready", ...annotations };
}
