// What a user may say of a virtual machine, refused before anything is made: in the words of KubeVirt's webhooks.
import * as z from "zod";
import { labels, namespaceName, objectName, pvc, storage } from "./claim-args.js";
import { type Complaint, complaintsAbout } from "./complaints.js";
import { diskSource, type Refuse, refuseDisk } from "./machine-disk.js";
import { isUnknown } from "./unknown.js";

/** What is wrong with the arguments of a machine, the disk's source as CDI writes it; unknown leaves pass. */
export function virtualMachineComplaints(args: unknown): Complaint[] {
    return complaintsAbout(virtualMachineArgs, args);
}

const quantity = z.string().min(1, "it is empty");

const matcher = (name: "InstancetypeMatcher" | "PreferenceMatcher") =>
    z
        .strictObject({
            name: objectName.optional(),
            kind: z.string().optional(),
            inferFromVolume: z.string().optional(),
            inferFromVolumeFailurePolicy: z.enum(["Reject", "Ignore"]).optional(),
            revisionName: z.string().optional(),
        })
        .check(({ value, issues }) => {
            const refuse: Refuse = (path, message) => issues.push({ code: "custom", path, message, input: undefined });
            if (!value.name && !value.inferFromVolume) {
                refuse([], `Either Name or InferFromVolume should be provided within the ${name}`);
            }
            if (!value.inferFromVolume) return;
            if (value.name) refuse(["name"], "Name already set, should be cleared before setting inferFromVolume");
            if (value.kind) refuse(["kind"], "Kind already set, should be cleared before setting inferFromVolume");
        });

const amounts = z.strictObject({ memory: quantity.optional(), cpu: quantity.optional() });
const none = z.strictObject({});
const reference = z.strictObject({ name: objectName });

const cloudInit = z
    .strictObject({
        userData: z.string().optional(),
        networkData: z.string().optional(),
        secretRef: reference.optional(),
        networkDataSecretRef: reference.optional(),
    })
    .refine(
        ({ userData, secretRef }) => userData === undefined || secretRef === undefined,
        "must have only one userdatasource set.",
    )
    .refine(
        ({ networkData, networkDataSecretRef }) => networkData === undefined || networkDataSecretRef === undefined,
        "must have only one networkdata source set.",
    )
    .refine(
        (given) => Object.keys(given).length > 0,
        "must have at least one userdatasource or one networkdatasource set.",
    );

const network = z
    .strictObject({
        name: z.string().min(1, "it is empty"),
        pod: z.strictObject({ vmNetworkCIDR: z.string().optional() }).optional(),
        multus: z.strictObject({ networkName: quantity, default: z.boolean().optional() }).optional(),
    })
    .refine(({ pod, multus }) => pod !== undefined || multus !== undefined, "should have a network type")
    .refine(({ pod, multus }) => pod === undefined || multus === undefined, "should have only one network type");

const port = z.strictObject({
    name: z.string().optional(),
    port: z.number().int(),
    protocol: z.enum(["TCP", "UDP"]).optional(),
});

const networkInterface = z.strictObject({
    name: z.string().min(1, "it is empty"),
    masquerade: none.optional(),
    bridge: none.optional(),
    sriov: none.optional(),
    binding: z.strictObject({ name: quantity }).optional(),
    model: z.string().optional(),
    macAddress: z.string().optional(),
    bootOrder: z.number().int().min(1).optional(),
    ports: z.array(port).optional(),
});

/** The schema of `VirtualMachineArgs`, the disk's source as CDI writes it. */
const virtualMachineArgs = z
    .strictObject({
        rootDisk: z
            .strictObject({
                source: diskSource,
                storage: storage.optional(),
                pvc: pvc.optional(),
                dataVolumeName: objectName.optional(),
                name: z.string().min(1, "it is empty").optional(),
                bus: z.enum(["virtio", "sata", "scsi", "usb"]).optional(),
            })
            .check(({ value, issues }) => {
                refuseDisk(value, (path, message) => issues.push({ code: "custom", path, message, input: undefined }));
            }),
        name: objectName.optional(),
        namespace: namespaceName.optional(),
        labels: labels.optional(),
        annotations: labels.optional(),
        runStrategy: z.enum(["Always", "Halted", "Manual", "RerunOnFailure", "Once"]).optional(),
        running: z.boolean().optional(),
        instancetype: matcher("InstancetypeMatcher").optional(),
        preference: matcher("PreferenceMatcher").optional(),
        cpu: z
            .strictObject({
                cores: z.number().int().min(1).optional(),
                sockets: z.number().int().min(1).optional(),
                threads: z.number().int().min(1).optional(),
                model: z.string().optional(),
            })
            .optional(),
        memory: z.strictObject({ guest: quantity.optional() }).optional(),
        resources: z.strictObject({ requests: amounts.optional(), limits: amounts.optional() }).optional(),
        machine: z.strictObject({ type: z.string().optional() }).optional(),
        cloudInitNoCloud: cloudInit.optional(),
        cloudInitConfigDrive: cloudInit.optional(),
        networks: z.array(network).optional(),
        interfaces: z.array(networkInterface).optional(),
        terminationGracePeriodSeconds: z.number().int().min(0).optional(),
        wait: z.enum(["ready", "accepted"]).optional(),
    })
    .check(({ value, issues }) => {
        const refuse: Refuse = (path, message) => issues.push({ code: "custom", path, message, input: undefined });
        if (value.running !== undefined && value.runStrategy !== undefined) {
            refuse(
                ["running"],
                "Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead",
            );
        }
        if (value.cloudInitNoCloud !== undefined && value.cloudInitConfigDrive !== undefined) {
            refuse(
                ["cloudInitConfigDrive"],
                "a guest reads one of the two; give cloudInitNoCloud or cloudInitConfigDrive",
            );
        }
        refuseSize(value, refuse);
        refuseNetworks(value, refuse);
    });

type VirtualMachineSpec = z.infer<typeof virtualMachineArgs>;

/** Whether KubeVirt can take the instance type from the labels of what the disk comes from; it does not read those of snapshots. */
export function canInfer(source: { readonly sourceRef?: unknown; readonly pvc?: unknown }): boolean {
    return source.sourceRef !== undefined || source.pvc !== undefined;
}

/** What of the arguments says how large a machine is, and cannot stand beside an instance type. */
export function sizesIn(args: {
    readonly cpu?: object | undefined;
    readonly memory?: object | undefined;
    readonly resources?: object | undefined;
}): string[] {
    const { cpu = {}, memory = {}, resources = {} } = args;
    const said = (place: string, given: object, keys: readonly string[]): string[] =>
        keys.filter((key) => (given as Record<string, unknown>)[key] !== undefined).map((key) => `${place}.${key}`);
    return [
        ...said("cpu", cpu, ["cores", "sockets", "threads"]),
        ...said("memory", memory, ["guest"]),
        ...Object.entries(resources as Record<string, object | undefined>).flatMap(([kind, amounts = {}]) =>
            said(`resources.${kind}`, amounts, ["memory", "cpu"]),
        ),
    ];
}

/** An instance type says how large a machine is; without one the machine must say so itself. */
function refuseSize({ instancetype, cpu, memory, resources, rootDisk }: VirtualMachineSpec, refuse: Refuse): void {
    const sized = sizesIn({ cpu, memory, resources });
    if (instancetype !== undefined) {
        for (const path of sized) {
            refuse(
                path.split("."),
                `VM field(s) spec.template.spec.domain.${path} conflicts with selected instance type`,
            );
        }
        return;
    }
    const inferred = sized.length === 0 && canInfer(rootDisk.source);
    if (!inferred && (memory?.guest ?? resources?.requests?.memory) === undefined) {
        refuse(
            ["memory"],
            "no memory requested, at least one of 'memory.guest' or 'resources.requests.memory' must be set; or name an instancetype",
        );
    }
}

/** KubeVirt takes the two lists as one, joined by the names. */
function refuseNetworks({ networks, interfaces = [] }: VirtualMachineSpec, refuse: Refuse): void {
    const names = networks?.map(({ name }) => name) ?? ["default"];
    names.forEach((name, index) => {
        if (isUnknown(name) || names.indexOf(name) === index) return;
        refuse(
            ["networks", index, "name"],
            `Network with name "${name}" already exists, every network must have a unique name`,
        );
    });
    if ((networks ?? []).filter(({ pod }) => pod !== undefined).length > 1) {
        refuse(["networks"], "more than one interface is connected to a pod network");
    }
    if (names.some(isUnknown)) return;
    interfaces.forEach(({ name }, index) => {
        if (!isUnknown(name) && !names.includes(name)) refuse(["interfaces", index, "name"], `'${name}' not found.`);
    });
}
