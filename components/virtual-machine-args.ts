// The arguments of VirtualMachine, with KubeVirt's names and meaning (kubevirt.io/v1 VirtualMachine).
import type * as pulumi from "@pulumi/pulumi";
import type { DiskSource } from "./data-volume-template-args.js";
import type { ClaimArgs, StorageArgs } from "./imported-image-args.js";

/**
 * The arguments of a virtual machine. Changing one updates the machine in place, and a guest that runs sees it when it is started
 * again, unless something else is said.
 */
export interface VirtualMachineArgs {
    /** The disk that it boots from. */
    rootDisk: RootDiskArgs;
    /** Name of the machine. Changing it replaces the machine **and its disk**. @default the resource's name */
    name?: pulumi.Input<string>;
    /** Namespace. Changing it replaces the machine **and its disk**. @default the one of the Kubernetes provider */
    namespace?: pulumi.Input<string>;
    /** Labels of the machine and of its instance, beside `kubevirt.io/vm`. */
    labels?: Record<string, pulumi.Input<string>>;
    /** Annotations of the machine. */
    annotations?: Record<string, pulumi.Input<string>>;
    /** When the machine runs: "Always", "Halted", "Manual", "RerunOnFailure" or "Once". Changing it starts or stops it. @default "Always" */
    runStrategy?: pulumi.Input<string>;
    /** The older word: true is `runStrategy` "Always", false is "Halted". Give one of the two. */
    running?: pulumi.Input<boolean>;
    /**
     * How large the machine is: an instance type of the cluster. It cannot stand beside `cpu` and `memory`.
     * @default the one that the labels of the boot source or image name (`instancetype.kubevirt.io/default-instancetype`), where neither
     * `cpu`, `memory` nor `resources` is given
     */
    instancetype?: InstancetypeArgs;
    /**
     * How the devices of the machine are: a preference of the cluster.
     * @default the one that the labels of the boot source or image name (`instancetype.kubevirt.io/default-preference`), or none
     */
    preference?: InstancetypeArgs;
    /** Cores, sockets, threads. @default the instance type's, or one core */
    cpu?: CpuArgs;
    /** The guest's memory. @default the instance type's */
    memory?: { guest?: pulumi.Input<string> };
    /** What the machine asks of its node. `requests.memory` is also the guest's memory where `memory` is not given. */
    resources?: { requests?: AmountsArgs; limits?: AmountsArgs };
    /** The machine that the guest sees: "q35", ... @default the preference's, or the platform's */
    machine?: { type?: pulumi.Input<string> };
    /** cloud-init data, as its NoCloud source. The guest reads it at its first start only. */
    cloudInitNoCloud?: CloudInitArgs;
    /** cloud-init data, as its ConfigDrive source. Give one of the two. */
    cloudInitConfigDrive?: CloudInitArgs;
    /** The networks. [] is none. @default the pod's network, as `{ name: "default", pod: {} }` */
    networks?: NetworkArgs[];
    /** How the machine is put onto its networks, by their names. @default masquerade on the pod's network, bridge on the others */
    interfaces?: NetworkInterfaceArgs[];
    /** Seconds between the wish that the guest ends and its end. 0 ends it at once. @default KubeVirt's */
    terminationGracePeriodSeconds?: pulumi.Input<number>;
    /**
     * "ready" makes an update wait until the guest runs, which includes its disk (Pulumi's Kubernetes provider does the waiting;
     * 4.18 or newer). "accepted" ends it when the cluster has taken the machine. A machine that is to stay halted is not waited for.
     * @default "accepted"
     */
    wait?: "ready" | "accepted";
}

/** The disk that a machine boots from. It is made with the machine, and goes with it. */
export interface RootDiskArgs {
    /**
     * What it is cloned or imported from. That happens once, when the machine is made: another source, or a newer image of a boot
     * source, counts for machines that are made from then on (`pulumi up --target-replace`).
     */
    source: DiskSource;
    /** The disk, completed from the storage class. @default as large as what it is cloned from; an import needs a size */
    storage?: StorageArgs;
    /** The disk as a plain claim. Give `storage` or `pvc`. */
    pvc?: ClaimArgs;
    /** Name of the DataVolume and of its claim. @default `<machine>-rootdisk` */
    dataVolumeName?: pulumi.Input<string>;
    /** Name of disk and volume in the machine. @default "rootdisk" */
    name?: pulumi.Input<string>;
    /** "virtio", "sata", "scsi" or "usb". @default "virtio" */
    bus?: pulumi.Input<string>;
}

/** An instance type or a preference, by its name or by the labels of a volume. */
export interface InstancetypeArgs {
    /** Its name: "u1.medium", "fedora". */
    name?: pulumi.Input<string>;
    /** @default the kind that belongs to the whole cluster */
    kind?: pulumi.Input<string>;
    /** Name of the volume whose labels name it: that of the root disk, or one of your own. */
    inferFromVolume?: pulumi.Input<string>;
    /** Whether a volume without the label is an error: "Reject" or "Ignore". @default "Reject" */
    inferFromVolumeFailurePolicy?: pulumi.Input<string>;
    /** A revision that KubeVirt keeps of it. */
    revisionName?: pulumi.Input<string>;
}

/** The processors that the guest sees. */
export interface CpuArgs {
    cores?: pulumi.Input<number>;
    sockets?: pulumi.Input<number>;
    threads?: pulumi.Input<number>;
    /** "host-model", "host-passthrough", or the name of a model. */
    model?: pulumi.Input<string>;
}

/** Amounts, as Kubernetes quantities. */
export interface AmountsArgs {
    memory?: pulumi.Input<string>;
    cpu?: pulumi.Input<string>;
}

/** What cloud-init reads. What is given here as text becomes a Secret of the machine's, and stays encrypted in Pulumi's state. */
export interface CloudInitArgs {
    /** User data: "#cloud-config" and so on. */
    userData?: pulumi.Input<string>;
    /** Network data. */
    networkData?: pulumi.Input<string>;
    /** A Secret of your own with the key `userdata`. */
    secretRef?: { name: pulumi.Input<string> };
    /** A Secret of your own with the key `networkdata`. */
    networkDataSecretRef?: { name: pulumi.Input<string> };
}

/** A network: the pod's, or one of Multus. */
export interface NetworkArgs {
    name: pulumi.Input<string>;
    pod?: { vmNetworkCIDR?: pulumi.Input<string> };
    multus?: { networkName: pulumi.Input<string>; default?: pulumi.Input<boolean> };
}

/** How a machine is put onto the network of the same name. */
export interface NetworkInterfaceArgs {
    name: pulumi.Input<string>;
    masquerade?: Record<string, never>;
    bridge?: Record<string, never>;
    sriov?: Record<string, never>;
    binding?: { name: pulumi.Input<string> };
    /** "virtio", "e1000", ... */
    model?: pulumi.Input<string>;
    macAddress?: pulumi.Input<string>;
    bootOrder?: pulumi.Input<number>;
    ports?: { name?: pulumi.Input<string>; port: pulumi.Input<number>; protocol?: pulumi.Input<string> }[];
}

/** What KubeVirt tells of a machine. */
export interface VirtualMachineStatus {
    /** "Running", "Stopped", "Provisioning", "DataVolumeError", ... */
    readonly printableStatus?: string;
    readonly ready?: boolean;
    readonly created?: boolean;
    readonly conditions?: { readonly type: string; readonly status: string; readonly reason?: string }[];
}
