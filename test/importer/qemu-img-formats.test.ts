// QEMU as the judge of VDI, VHD, VHDX and VMDK: whatever qemu-img writes must import to the bytes that qemu-img itself reads from it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { makeDisk } from "../images/disk.js";
import { makeVdi } from "../images/vdi.js";
import { makeFixedVhd, makeVhd } from "../images/vhd.js";
import { makeVhdx } from "../images/vhdx.js";
import { makeVmdk } from "../images/vmdk.js";
import { requireTool } from "../tools.js";
import { sha256, Workspace } from "./workspace.js";

/** A way to write the disk, and what is written to it afterwards. */
interface Variant {
    readonly format: "vdi" | "vpc" | "vhdx" | "vmdk";
    readonly options: readonly string[];
    readonly then?: readonly string[];
}

const writes = ["write -P 0x5a 100k 200k", "write -z 1M 1M", "write -P 7 3M 64k", "discard 0 64k"];

const variants: readonly Variant[] = [
    ...["", "static=on"].map((options) => ({ format: "vdi", options: options === "" ? [] : [options] }) as const),
    { format: "vdi", options: [], then: writes },
    ...["dynamic", "fixed"].flatMap((subformat) =>
        ["off", "on"].map(
            (exact) => ({ format: "vpc", options: [`subformat=${subformat}`, `force_size=${exact}`] }) as const,
        ),
    ),
    { format: "vpc", options: [], then: writes },
    ...["1M", "2M", "8M", "32M", "256M"].map((size) => ({ format: "vhdx", options: [`block_size=${size}`] }) as const),
    ...["fixed", "dynamic"].map((subformat) => ({ format: "vhdx", options: [`subformat=${subformat}`] }) as const),
    ...["off", "on"].map((zeros) => ({ format: "vhdx", options: [`block_state_zero=${zeros}`] }) as const),
    { format: "vhdx", options: ["log_size=16M"] },
    { format: "vhdx", options: [], then: writes },
    ...["monolithicSparse", "streamOptimized"].flatMap((subformat) =>
        ["off", "on"].map(
            (compat) => ({ format: "vmdk", options: [`subformat=${subformat}`, `compat6=${compat}`] }) as const,
        ),
    ),
    ...["ide", "buslogic", "lsilogic", "legacyESX"].map(
        (adapter) => ({ format: "vmdk", options: [`adapter_type=${adapter}`] }) as const,
    ),
    { format: "vmdk", options: ["zeroed_grain=on"], then: writes },
    { format: "vmdk", options: [], then: writes },
];

/** VHD rounds a disk up to cylinders, and a fixed one is taken for a raw disk by whoever is not told. */
const judgedAs = ({ format, options }: Variant): readonly string[] =>
    options.includes("subformat=fixed") && format === "vpc" ? ["-f", "vpc"] : ["-f", format];

describe("qemu-img as the judge of other formats", () => {
    const disk = makeDisk(5 * 2 ** 20 + 512 * 3, { seed: 62 });
    let space: Workspace;
    before(function () {
        requireTool(this, "qemu-img");
    });
    beforeEach(() => {
        space = new Workspace();
        space.write("disk.raw", disk);
    });
    afterEach(() => {
        space.remove();
    });
    const run = (program: string, ...parameters: string[]): void => {
        execFileSync(program, parameters, { cwd: space.path, stdio: "pipe" });
    };

    for (const variant of variants) {
        const { format, options, then = [] } = variant;
        const after = then.length === 0 ? "" : ", and then to it";
        it(`imports what it writes as ${format} with ${options.join(", ") || "nothing said"}${after}`, async function () {
            const flags = options.length > 0 ? ["-o", options.join()] : [];
            run("qemu-img", "convert", "-f", "raw", "-O", format, ...flags, "disk.raw", "image");
            for (const command of then) {
                requireTool(this, "qemu-io");
                run("qemu-io", "-f", format, "-c", command, "image");
            }
            run("qemu-img", "convert", ...judgedAs(variant), "-O", "raw", "image", "judged");
            const imported = await space.import({ source: { kind: "file", path: join(space.path, "image") } });
            assert.equal(imported.format, format);
            assert.equal(sha256(space.target), sha256(join(space.path, "judged")));
        });
    }

    it("reads the images that the tests make as the tests mean them, so that these prove something", () => {
        const made = {
            "vdi, dynamic": ["vdi", makeVdi(disk)],
            "vdi, static": ["vdi", makeVdi(disk, { type: "static", reversed: true })],
            "vhd, dynamic": ["vpc", makeVhd(disk)],
            "vhd, small blocks": ["vpc", makeVhd(disk, { blockSize: 1 << 19, reversed: true })],
            "vhd, fixed": ["vpc", makeFixedVhd(disk)],
            vhdx: ["vhdx", makeVhdx(disk, { reversed: true })],
            "vhdx, large blocks": ["vhdx", makeVhdx(disk, { blockSize: 8 << 20, metadataFirst: true, empty: 2 })],
            "vmdk, sparse": ["vmdk", makeVmdk(disk, { zeroed: true })],
            "vmdk, stream": ["vmdk", makeVmdk(disk, { shape: "stream" })],
            "vmdk, packed": ["vmdk", makeVmdk(disk, { shape: "packed" })],
        } as const;
        for (const [reason, [format, image]] of Object.entries(made)) {
            space.write("image", image);
            run("qemu-img", "convert", "-f", format, "-O", "raw", "image", "judged");
            assert.equal(sha256(join(space.path, "judged")), sha256(disk), reason);
        }
    });
});
