// Other programs as judges of what was imported: they unpack it, and qemu-img reads the image inside.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { findTool } from "../tools.js";

/** What they say: the same disk, nothing (a program is missing, or does not know the format), or what is wrong. */
export type Verdict = "same" | "silent" | { readonly kind: string; readonly detail: string };

const programs: Readonly<Record<string, readonly string[]>> = {
    gz: ["gzip", "-dc"],
    xz: ["xz", "-dc"],
    bz2: ["bzip2", "-dc"],
    zst: ["zstd", "-dcq", "--long=27"],
};

const patience = { timeout: 30_000, encoding: "utf8" } as const;

/** Compares the disk at `target` with what the image at `path` is to others. */
export function judge(
    path: string,
    target: string,
    { format, codecs }: { readonly format: string; readonly codecs: readonly string[] },
): Verdict {
    let inside = path;
    for (const codec of codecs) {
        const unpacked = `${inside}.${codec}`;
        const refused = codec === "tar" ? untar(inside, unpacked) : unpack(programs[codec] ?? [], inside, unpacked);
        if (refused !== undefined) return refused;
        inside = unpacked;
    }
    const qemuImg = findTool("qemu-img");
    if (qemuImg === undefined) return "silent";
    const ran = spawnSync(
        qemuImg,
        ["compare", "--image-opts", `driver=raw,${fileAt(target)}`, image(format, inside)],
        patience,
    );
    if (ran.status === 0) return "same";
    const said = `${ran.stdout}${ran.stderr}`.trim().replaceAll("\n", " ");
    if (
        ran.status === null ||
        (format === "vhdx" && hasTornRegions(inside)) ||
        (format === "qcow2" && endsInSector(inside)) ||
        stricter.some((reason) => reason.test(said))
    )
        return "silent";
    return { kind: ran.status === 1 ? "other bytes" : "taken, though qemu-img refuses it", detail: said };
}

function fileAt(path: string): string {
    return `file.driver=file,file.filename=${path}`;
}

/** Of a VHD whose maker it does not know, QEMU believes the geometry; all others believe the size. */
function image(format: string, path: string): string {
    const opened = `driver=${format},${fileAt(path)}`;
    if (format !== "vpc") return opened;
    const bytes = readFileSync(path);
    const footer = bytes.subarray(bytes.toString("latin1", 0, 8) === "conectix" ? 0 : bytes.length - 512);
    const byGeometry = ["vpc ", "qemu"].includes(footer.toString("latin1", 28, 32));
    return byGeometry ? opened : `${opened},force_size_calc=current_size`;
}

/** Of a disk that ends within a sector QEMU leaves out that sector. */
function endsInSector(path: string): boolean {
    return readFileSync(path).readUInt32BE(28) % 512 !== 0;
}

/** What qemu-img refuses and nothing of the disk depends on. */
const stricter: readonly RegExp[] = [
    /Snapshot table|snapshot/,
    /L2 table size too big/,
    // Reference counts say which clusters are free, and the length of what ends the extensions nothing.
    /does not contain a reference count table/,
    /Header extension too large/,
    // A last block that is cut behind the disk's end, and entries of a table behind those that the disk has.
    /free_data_block_offset points after/,
    /Max Table Entries too large/,
    // In a stream nobody knows how long it will be: where all grains are there, it does not matter where the first should have been.
    /File truncated, expecting at least/,
    /too many blocks \d+, max is/,
];

/** Of a VHDX with a damaged first table of regions, the second counts; QEMU knows the first alone. */
function hasTornRegions(path: string): boolean {
    const [first, second] = [192, 256].map((at) => readFileSync(path).subarray(at * 1024, (at + 64) * 1024));
    return first?.equals(second ?? Buffer.alloc(0)) !== true;
}

function unpack([name = "", ...options]: readonly string[], from: string, to: string): Verdict | undefined {
    const program = findTool(name);
    return program === undefined ? "silent" : through(program, [...options, from], to);
}

/** The one disk in an archive. */
function untar(from: string, to: string): Verdict | undefined {
    const program = findTool("tar");
    if (program === undefined) return "silent";
    const listed = spawnSync(program, ["-tf", from], patience);
    const disks = listed.stdout.split("\n").filter((name) => name.startsWith("disk"));
    return disks[0] === undefined || disks.length > 1 ? "silent" : through(program, ["-xOf", from, disks[0]], to);
}

function through(program: string, parameters: readonly string[], to: string): Verdict | undefined {
    const output = openSync(to, "w");
    try {
        const ran = spawnSync(program, parameters, { ...patience, stdio: ["ignore", output, "pipe"] });
        if (ran.status === 0) return undefined;
        if (ran.status === null) return "silent";
        return { kind: `taken, though ${parameters.join(" ")} refuses it`, detail: ran.stderr.trim() };
    } finally {
        closeSync(output);
    }
}
