// Rows for formats and compressions: our import beside the fastest that a user could type for each.
import { basename } from "node:path";
import { compressed, converted, shuffledQcow2, wideDisk, wideQcow2 } from "./format-images.js";
import { imageDirectory, rawDisk } from "./images.js";
import { bootsource, need, type Prepared, type Row, type Way } from "./rows.js";
import { serveDirectory } from "./web.js";

/** All of ours: whatever the image, and however large its disk. */
const memoryAtMost = 256 * 2 ** 20;

/** One comparison: an image, and what a user types for it. */
interface Comparison {
    readonly name: string;
    readonly atMost: number;
    readonly image: (mebibytes: number) => string;
    /** The programs, with the address of the image and `$OUT`. */
    readonly theirs: (url: string) => Way;
    /** A disk so wide that byte after byte would take minutes: qemu-img compares, and jumps over holes. */
    readonly wide?: () => string;
}

const piped = (program: string, options = "") => ({
    theirs: (url: string) => ({
        name: `curl | ${program}${options} | dd`,
        commandLine:
            `${need("curl")} -sf ${url} | ${need(program)} -dc${options} | ` +
            `dd of=$OUT bs=1M iflag=fullblock conv=sparse,fsync status=none`,
    }),
});

const downloaded = {
    theirs: (url: string) => ({
        name: "curl + qemu-img",
        commandLine:
            `${need("curl")} -sf ${url} -o $SCRATCH/image && ` +
            `${need("qemu-img")} convert -O raw $SCRATCH/image $OUT && sync $OUT`,
    }),
};

const comparisons: readonly Comparison[] = [
    {
        name: "qcow2 zlib",
        atMost: 0.55,
        image: (size) => converted(need("qemu-img"), size, "qcow2", ["-c", "-O", "qcow2"]),
        ...downloaded,
    },
    {
        name: "qcow2 zstd",
        atMost: 0.6,
        image: (size) =>
            converted(need("qemu-img"), size, "zstd.qcow2", ["-c", "-O", "qcow2", "-o", "compression_type=zstd"]),
        ...downloaded,
    },
    {
        name: "qcow2 plain",
        atMost: 1.1,
        image: (size) => converted(need("qemu-img"), size, "plain.qcow2", ["-O", "qcow2"]),
        ...downloaded,
    },
    { name: "qcow2 shuffled", atMost: 0.8, image: shuffledQcow2, ...downloaded },
    {
        name: "streamOptimized vmdk",
        atMost: 0.8,
        image: (size) =>
            converted(need("qemu-img"), size, "stream.vmdk", ["-O", "vmdk", "-o", "subformat=streamOptimized"]),
        ...downloaded,
    },
    { name: "raw.gz", atMost: 0.35, image: (size) => compressed(need("gzip"), size, "gz", ["-6"]), ...piped("gzip") },
    {
        name: "raw.xz in blocks",
        atMost: 1.1,
        image: (size) => compressed(need("xz"), size, "xz", ["-T2", "-1", "--block-size=24MiB"]),
        ...piped("xz", " -T2"),
    },
    { name: "raw.zst", atMost: 0.9, image: (size) => compressed(need("zstd"), size, "zst", ["-q"]), ...piped("zstd") },
    { name: "raw.bz2", atMost: 1.1, image: (size) => compressed(need("bzip2"), size, "bz2", []), ...piped("bzip2") },
    {
        name: "64 GiB virtual",
        atMost: 1.1,
        image: () => wideQcow2(need("qemu-img")),
        wide: wideDisk,
        ...downloaded,
    },
];

/** The rows. */
export const formatRows: readonly Row[] = comparisons.map(({ name, atMost, image, theirs, wide }) => ({
    name: `${name} over http`,
    atMost,
    memoryAtMost,
    async prepare(mebibytes): Promise<Prepared> {
        const path = image(mebibytes);
        const server = await serveDirectory(imageDirectory);
        const url = `${server.url}/${basename(path)}`;
        const check = wide && ` && ${need("qemu-img")} compare -q -f raw -F raw $OUT ${wide()}`;
        const checked = ({ name: way, commandLine }: Way): Way => ({
            name: way,
            commandLine: commandLine + (check ?? ""),
        });
        return {
            ours: checked({ name: "bootsource", commandLine: `${bootsource} import ${url} $OUT --json` }),
            theirs: checked(theirs(url)),
            expected: wide === undefined ? rawDisk(mebibytes) : undefined,
            note: server.name,
            close: () => server.close(),
        };
    },
}));
