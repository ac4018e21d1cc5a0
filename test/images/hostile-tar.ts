// Archives around a disk that must be refused, each with the code that says it.
import { makeDisk } from "./disk.js";
import type { Hostile } from "./hostile-qcow2.js";
import { makeTar, tarBlock } from "./tar.js";
import { makeVmdk } from "./vmdk.js";

const disk = makeDisk(120_320, { seed: 49 });
const vmdk = makeVmdk(disk, { shape: "stream" });
const end = Buffer.alloc(1024);

/** The description of a machine with so many disks. */
export function makeOvf(disks: number): Buffer {
    const list = Array.from({ length: disks }, (_, at) => `<Disk ovf:capacity="1" ovf:diskId="disk${at}"/>`);
    return Buffer.from(`<?xml version="1.0"?><Envelope><DiskSection>${list.join("")}</DiskSection></Envelope>`);
}

/** Every hostile archive of the suite. */
export const hostileTar: readonly Hostile[] = [
    {
        reason: "an OVA with two disks",
        code: "unsupported-image",
        image: makeTar([
            { path: "a.vmdk", bytes: vmdk },
            { path: "b.vmdk", bytes: vmdk },
        ]),
    },
    {
        reason: "an OVA whose description speaks of two disks",
        code: "unsupported-image",
        image: makeTar([
            { path: "machine.ovf", bytes: makeOvf(2) },
            { path: "a.vmdk", bytes: vmdk },
        ]),
    },
    { reason: "an empty archive", code: "not-an-image", image: makeTar([]).fill("ustar", 257, 262) },
    {
        reason: "an archive without a disk",
        code: "not-an-image",
        image: makeTar([{ path: "machine.ovf", bytes: makeOvf(1) }]),
    },
    {
        reason: "an archive of a link to a disk of this machine",
        code: "not-an-image",
        image: makeTar([{ path: "disk.img", type: "2", linkPath: "/dev/sda" }]),
    },
    {
        reason: "an archive of a disk stored sparse",
        code: "unsupported-image",
        image: makeTar([{ path: "disk.img", type: "S", bytes: disk }]),
    },
    {
        reason: "an archive that is cut off in its disk",
        code: "truncated",
        image: makeTar([{ path: "disk.img", bytes: disk }]).subarray(0, 90_000),
    },
    {
        reason: "an archive whose disk is said to be a terabyte",
        code: "truncated",
        image: Buffer.concat([tarBlock({ path: "disk.img", size: 2 ** 40 }), disk, end]),
    },
    {
        reason: "an archive whose end is no end",
        code: "corrupt-image",
        image: Buffer.concat([makeTar([{ path: "disk.img", bytes: disk }]).subarray(0, -512), Buffer.alloc(512, 7)]),
    },
    {
        reason: "an archive whose second header is damaged",
        code: "corrupt-image",
        image: makeTar([
            { path: "disk.img", bytes: disk },
            { path: "notes.txt", bytes: Buffer.from("notes") },
        ]).fill(0x41, 512 + disk.length + 148, 512 + disk.length + 156),
    },
    {
        reason: "an archive around a web page",
        code: "not-an-image",
        image: makeTar([{ path: "disk.img", bytes: Buffer.from(`<!doctype html>${" ".repeat(3000)}`) }]),
    },
    {
        reason: "an archive around a disk of no bytes",
        code: "empty-source",
        image: makeTar([{ path: "disk.img" }]),
    },
];
