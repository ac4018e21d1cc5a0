// Rows for formats and compressions: our import beside the fastest that a user could type for each.
import { basename } from "node:path";
import { startSlowLink } from "../kills/slow-link.js";
import { makeCertificates } from "../servers/certificates.js";
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
    /** The programs, with curl's command line for the image and `$OUT`. */
    readonly theirs: (curl: string) => Way;
    /** Decompresses the image, which is there already, to nowhere; undefined where nothing is compressed. */
    readonly decode?: (path: string, mebibytes: number) => string;
    /** A disk so wide that byte after byte would take minutes: qemu-img compares, and jumps over holes. */
    readonly wide?: () => string;
}

const piped = (program: string, options = "") => ({
    theirs: (curl: string) => ({
        name: `curl | ${program}${options} | dd`,
        commandLine:
            `${curl} | ${need(program)} -dc${options} | ` +
            `dd of=$OUT bs=1M iflag=fullblock conv=sparse,fsync status=none`,
    }),
    decode: (path: string) => `${need(program)} -dc${options} ${path} > /dev/null`,
});

const downloaded = {
    theirs: (curl: string) => ({
        name: "curl + qemu-img",
        commandLine:
            `${curl} -o $SCRATCH/image && ` + `${need("qemu-img")} convert -O raw $SCRATCH/image $OUT && sync $OUT`,
    }),
};

const unpacked = {
    ...downloaded,
    decode: (path: string, mebibytes: number) =>
        `${need("qemu-img")} convert -n --target-image-opts ${path} driver=null-co,size=${mebibytes * 2 ** 20}`,
};

/** The link's own time: nothing is done with what comes. */
const linkAlone = (curl: string): Way => ({
    name: "the link",
    commandLine: `${curl} -o /dev/null`,
    makesNothing: true,
});

/** The disk's own time: the bytes are there already. */
const writeAlone = "dd of=$OUT bs=1M conv=sparse,fsync status=none";

const comparisons: readonly Comparison[] = [
    {
        name: "qcow2 zlib",
        atMost: 0.55,
        image: (size) => converted(need("qemu-img"), size, "qcow2", ["-c", "-O", "qcow2"]),
        ...unpacked,
    },
    {
        name: "qcow2 zstd",
        atMost: 0.6,
        image: (size) =>
            converted(need("qemu-img"), size, "zstd.qcow2", ["-c", "-O", "qcow2", "-o", "compression_type=zstd"]),
        ...unpacked,
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
        ...unpacked,
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

/** How the image comes, and the rows that are run that way. */
interface Road {
    readonly name: string;
    readonly rows: readonly string[];
    /** The rival and the ratio, where they are not the row's own. */
    readonly instead?: { readonly atMost: number; readonly theirs: (curl: string) => Way };
    readonly open: () => Promise<Opened>;
}

interface Opened {
    readonly url: string;
    readonly note: string;
    /** For curl, and for our command. */
    readonly flags: { readonly curl: string; readonly ours: string };
    readonly close: () => Promise<void>;
}

const bytesPerSecond = 50e6;
const plain = { curl: "", ours: "" };

const roads: readonly Road[] = [
    {
        name: "http",
        rows: comparisons.map(({ name }) => name),
        open: async () => {
            const server = await serveDirectory(imageDirectory);
            return { url: server.url, note: server.name, flags: plain, close: () => server.close() };
        },
    },
    {
        name: "https",
        rows: ["qcow2 zlib", "qcow2 plain", "raw.zst"],
        open: async () => {
            const server = await serveDirectory(imageDirectory, makeCertificates(need("openssl")));
            const { authority = "" } = server;
            const flags = { curl: `--cacert ${authority}`, ours: `--ca-file ${authority}` };
            return { url: server.url, note: server.name, flags, close: () => server.close() };
        },
    },
    {
        name: "50 MB a second",
        rows: ["qcow2 zlib", "qcow2 plain", "raw.gz"],
        instead: {
            atMost: 1.02,
            theirs: linkAlone,
        },
        open: async () => {
            const server = await serveDirectory(imageDirectory);
            const link = await startSlowLink(Number(new URL(server.url).port), bytesPerSecond / 100);
            const close = async (): Promise<void> => {
                await link.close();
                await server.close();
            };
            return { url: `http://127.0.0.1:${link.port}`, note: `${server.name} behind a link`, flags: plain, close };
        },
    },
];

/** The rows. */
export const formatRows: readonly Row[] = roads.flatMap((road) =>
    comparisons.filter(({ name }) => road.rows.includes(name)).map((comparison) => rowOf(comparison, road)),
);

function rowOf({ name, image, wide, decode, ...comparison }: Comparison, { name: by, instead, open }: Road): Row {
    const { atMost, theirs } = instead ?? comparison;
    return {
        name: `${name} over ${by}`,
        atMost,
        memoryAtMost,
        async prepare(mebibytes): Promise<Prepared> {
            const path = image(mebibytes);
            const { url, note, flags, close } = await open();
            const from = `${url}/${basename(path)}`;
            const curl = `${need("curl")} -sf ${flags.curl} ${from}`;
            const ourCommand = `${bootsource} import ${from} $OUT --json ${flags.ours}`;
            const decoding: Way[] =
                decode === undefined
                    ? []
                    : [{ name: "decompression", commandLine: decode(path, mebibytes), makesNothing: true }];
            const expected = wide?.() ?? rawDisk(mebibytes);
            const compare = [need("qemu-img"), "compare", "-q", "-f", "raw", "-F", "raw"] as const;
            // A program that reads 64 GiB of holes to write none of them tells nothing about the disk.
            const disk: Way[] =
                wide === undefined ? [{ name: "the disk", commandLine: `${writeAlone} if=${expected}` }] : [];
            return {
                ours: { name: "bootsource", commandLine: ourCommand },
                theirs: theirs(curl),
                expected,
                ...(wide === undefined ? {} : { compare }),
                floors: instead === undefined ? [linkAlone(curl), ...decoding, ...disk] : [],
                note,
                close,
            };
        },
    };
}
