// What a virtual machine's arguments alone prove wrong: each refusal with its path, in the words of KubeVirt's and CDI's webhooks.
import assert from "node:assert/strict";
import { dataVolumeTemplateComplaints } from "../../provider/model/machine-disk.js";
import { unknownValue } from "../../provider/model/unknown.js";
import { virtualMachineComplaints } from "../../provider/model/virtual-machine.js";

const clone = { source: { sourceRef: { name: "fedora" } } };
const imported = { source: { http: { url: "http://images.example.com/disk.img" } }, storage: { size: "1Gi" } };
const conflict = (field: string): string =>
    `VM field(s) spec.template.spec.domain.${field} conflicts with selected instance type`;

const refused: { reason: string; args: object; path: string; says: string }[] = [
    {
        reason: "memory beside an instance type",
        args: { rootDisk: clone, instancetype: { name: "u1.medium" }, memory: { guest: "1Gi" } },
        path: "memory.guest",
        says: conflict("memory.guest"),
    },
    {
        reason: "cores beside an inferred instance type",
        args: { rootDisk: clone, instancetype: { inferFromVolume: "rootdisk" }, cpu: { cores: 2 } },
        path: "cpu.cores",
        says: conflict("cpu.cores"),
    },
    {
        reason: "a request of memory beside an instance type",
        args: { rootDisk: clone, instancetype: { name: "u1.medium" }, resources: { requests: { memory: "1G" } } },
        path: "resources.requests.memory",
        says: conflict("resources.requests.memory"),
    },
    {
        reason: "cores and no memory",
        args: { rootDisk: clone, cpu: { cores: 2 } },
        path: "memory",
        says: "no memory requested",
    },
    {
        reason: "no size at all where no label can give one",
        args: { rootDisk: imported },
        path: "memory",
        says: "no memory requested",
    },
    {
        reason: "a snapshot, whose labels KubeVirt does not read, and no size",
        args: { rootDisk: { source: { snapshot: { namespace: "images", name: "golden" } } } },
        path: "memory",
        says: "no memory requested",
    },
    {
        reason: "an instance type that is neither named nor inferred",
        args: { rootDisk: clone, instancetype: {} },
        path: "instancetype",
        says: "Either Name or InferFromVolume should be provided within the InstancetypeMatcher",
    },
    {
        reason: "a preference that is both",
        args: { rootDisk: clone, preference: { name: "fedora", inferFromVolume: "rootdisk" } },
        path: "preference.name",
        says: "Name already set, should be cleared before setting inferFromVolume",
    },
    {
        reason: "running beside a strategy",
        args: { rootDisk: clone, running: true, runStrategy: "Always" },
        path: "running",
        says: "Running and RunStrategy are mutually exclusive",
    },
    {
        reason: "user data given twice",
        args: { rootDisk: clone, cloudInitNoCloud: { userData: "a", secretRef: { name: "b" } } },
        path: "cloudInitNoCloud",
        says: "must have only one userdatasource set.",
    },
    {
        reason: "cloud-init without data",
        args: { rootDisk: clone, cloudInitConfigDrive: {} },
        path: "cloudInitConfigDrive",
        says: "must have at least one userdatasource or one networkdatasource set.",
    },
    {
        reason: "an interface on no network",
        args: { rootDisk: clone, interfaces: [{ name: "storage", bridge: {} }] },
        path: "interfaces.0.name",
        says: "'storage' not found.",
    },
    {
        reason: "two networks of one name",
        args: {
            rootDisk: clone,
            networks: [
                { name: "a", pod: {} },
                { name: "a", multus: { networkName: "b" } },
            ],
        },
        path: "networks.1.name",
        says: 'Network with name "a" already exists, every network must have a unique name',
    },
    {
        reason: "a network of no type",
        args: { rootDisk: clone, networks: [{ name: "a" }] },
        path: "networks.0",
        says: "should have a network type",
    },
    {
        reason: "an import without a size",
        args: { rootDisk: { ...imported, storage: {} }, memory: { guest: "1Gi" } },
        path: "rootDisk.storage.size",
        says: "Storage size is missing",
    },
    {
        reason: "a claim without a size, a clone's too",
        args: { rootDisk: { ...clone, pvc: { accessModes: ["ReadWriteOnce"] } } },
        path: "rootDisk.pvc.size",
        says: "PVC size is missing",
    },
    {
        reason: "both forms of a disk",
        args: { rootDisk: { ...clone, storage: {}, pvc: { accessModes: ["ReadWriteOnce"], size: "1Gi" } } },
        path: "rootDisk.pvc",
        says: "Duplicate storage definition, both target storage and target pvc defined",
    },
    {
        reason: "two sources",
        args: { rootDisk: { source: { ...clone.source, ...imported.source }, storage: { size: "1Gi" } } },
        path: "rootDisk.source",
        says: "Multiple dataVolume sources",
    },
    {
        reason: "a source that only this machine could read",
        args: { rootDisk: { source: { upload: { path: "disk.img" } } } },
        path: "rootDisk.source.upload",
        says: "there is no such argument",
    },
    {
        reason: "credentials, which everybody could read in the machine",
        args: {
            rootDisk: {
                source: { http: { url: "http://a/b", credentials: { accessKeyId: "a", secretKey: "b" } } },
                storage: { size: "1Gi" },
            },
            memory: { guest: "1Gi" },
        },
        path: "rootDisk.source.http.credentials",
        says: "there is no such argument",
    },
    {
        reason: "a name that Kubernetes would not take",
        args: { rootDisk: clone, name: "My_Machine" },
        path: "name",
        says: "a name has lower-case letters",
    },
];

describe("the arguments of a virtual machine", () => {
    for (const { reason, args, path, says } of refused) {
        it(`are refused for ${reason}`, () => {
            const complaints = virtualMachineComplaints(args);
            // A source that is none is also missing, and what hangs on it too; the first complaint is the reason.
            if (path !== "rootDisk.source.upload") assert.equal(complaints.length, 1, JSON.stringify(complaints));
            assert.equal(complaints[0]?.path.join("."), path, JSON.stringify(complaints));
            assert.ok(complaints[0].reason.startsWith(says), complaints[0].reason);
        });
    }

    it("pass where they are not known yet, at any depth", () => {
        const args = {
            name: unknownValue,
            rootDisk: {
                source: { sourceRef: { namespace: unknownValue, name: unknownValue } },
                storage: { size: unknownValue },
            },
            instancetype: { name: unknownValue },
            networks: [{ name: unknownValue, pod: {} }],
            interfaces: [{ name: "later", masquerade: {} }],
        };
        assert.deepEqual(virtualMachineComplaints(args), []);
    });

    it("are refused in a disk of the user's own machine, too", () => {
        assert.deepEqual(dataVolumeTemplateComplaints({ ...clone, name: "root" }), []);
        const [complaint, ...others] = dataVolumeTemplateComplaints({ ...imported, storage: {}, name: "root" });
        assert.deepEqual(others, []);
        assert.deepEqual(complaint, { path: ["storage", "size"], reason: "Storage size is missing" });
    });
});
