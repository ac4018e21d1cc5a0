// The rows of the benchmark: what is imported, by which two ways, and how the first has to compare with the second.
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { makeBlob, type Containerdisk } from "../images/containerdisk.js";
import { startRegistry } from "../servers/registry.js";
import { findTool } from "../tools.js";
import { containerLayer, imageDirectory, qcow2Disk, rawDisk } from "./images.js";
import { serveDirectory } from "./web.js";

/** One way to do it: a command line that ends when the result is durable at `$OUT`; it may use the directory `$SCRATCH`. */
export interface Way {
    readonly name: string;
    readonly commandLine: string;
    /** There is nothing at `$OUT` to compare: it stands for a bound. */
    readonly makesNothing?: boolean;
}

/** A row, ready to run. */
export interface Prepared {
    readonly ours: Way;
    readonly theirs: Way;
    /** The raw disk that both must have made; undefined where each looks for itself. */
    readonly expected: string | undefined;
    /** Compares two files, whose paths follow. Default: cmp, byte for byte. */
    readonly compare?: readonly [string, ...string[]];
    /** What no way can be faster than, each alone: the link, the decompression in one thread, the disk. */
    readonly floors?: readonly Way[];
    readonly note: string;
    close(): Promise<void>;
}

/** One comparison. */
export interface Row {
    readonly name: string;
    /** Our median time over theirs, at most. */
    readonly atMost: number;
    /** Our peak memory, at most. */
    readonly memoryAtMost?: number;
    prepare(mebibytes: number): Promise<Prepared>;
}

const clone = join(__dirname, "..", "..", "..");
const node = JSON.stringify(process.execPath);
/** The command, as a shell is told it. */
export const bootsource = `${node} ${JSON.stringify(join(clone, "bin", "bootsource.cjs"))}`;

/** The rows there are so far. */
export const rows: readonly Row[] = [
    {
        name: "containerdisk",
        atMost: 0.4,
        async prepare(mebibytes) {
            const [skopeo, program, qemuImg] = [need("skopeo"), need("docker-registry"), need("qemu-img")];
            const layer = containerLayer(qemuImg, mebibytes);
            const registry = await startRegistry(program);
            const reference = await registry.push("bench", "disk", imageOf(layer));
            const [digest] = [createHash("sha256").update(readFileSync(layer)).digest("hex")];
            return {
                ours: { name: "bootsource", commandLine: `${bootsource} import ${reference} $OUT --insecure --json` },
                theirs: {
                    name: "skopeo + tar + qemu-img",
                    commandLine:
                        `${skopeo} copy --insecure-policy --src-tls-verify=false ${reference} dir:$SCRATCH/image && ` +
                        `tar -xzf $SCRATCH/image/${digest} -C $SCRATCH && ` +
                        `${qemuImg} convert -O raw $SCRATCH/disk/disk.qcow2 $OUT && sync $OUT`,
                },
                expected: rawDisk(mebibytes),
                note: "docker-registry, a gzip layer with a zlib qcow2",
                close: () => registry.close(),
            };
        },
    },
    {
        name: "raw over http",
        atMost: 0.8,
        async prepare(mebibytes) {
            const raw = rawDisk(mebibytes);
            const server = await serveDirectory(dirname(raw));
            const url = `${server.url}/${basename(raw)}`;
            return {
                ours: { name: "bootsource", commandLine: `${bootsource} import ${url} $OUT --json` },
                theirs: {
                    name: "curl | dd",
                    commandLine: `${need("curl")} -sf ${url} | dd of=$OUT bs=1M iflag=fullblock conv=sparse,fsync status=none`,
                },
                expected: raw,
                note: server.name,
                close: () => server.close(),
            };
        },
    },
    {
        name: "twenty at once",
        atMost: 1,
        memoryAtMost: 512 * 2 ** 20,
        async prepare(mebibytes) {
            const image = qcow2Disk(need("qemu-img"), Math.max(64, Math.floor(mebibytes / 10)));
            const server = await serveDirectory(imageDirectory);
            const twenty = `${node} ${JSON.stringify(join(__dirname, "twenty.js"))} ${server.url}/${basename(image)} $SCRATCH`;
            return {
                ours: { name: "twenty at once", commandLine: `${twenty} at-once` },
                theirs: { name: "one after the other", commandLine: `${twenty} in-turn` },
                expected: undefined,
                note: `${server.name}, twenty stores' images of a tenth of the size, through the lifecycle`,
                close: async () => {
                    await server.close();
                    rmSync(join(imageDirectory, "store"), { recursive: true, force: true });
                },
            };
        },
    },
];

function imageOf(layerPath: string): Containerdisk {
    const layer = makeBlob("application/vnd.oci.image.layer.v1.tar+gzip", readFileSync(layerPath));
    const config = makeBlob(
        "application/vnd.oci.image.config.v1+json",
        Buffer.from(JSON.stringify({ os: "linux", architecture: architecture() })),
    );
    const describe = ({ mediaType, digest, bytes }: typeof layer): object => ({
        mediaType,
        digest,
        size: bytes.length,
    });
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = { schemaVersion: 2, mediaType, config: describe(config), layers: [describe(layer)] };
    return { manifest: makeBlob(mediaType, Buffer.from(JSON.stringify(manifest))), blobs: [config, layer] };
}

function architecture(): string {
    return process.arch === "x64" ? "amd64" : process.arch;
}

/** The path of a program, or an error that says what to install. */
export function need(name: string): string {
    const found = findTool(name);
    if (found === undefined) throw new Error(`${name} is not installed: apt-get install ${packages[name] ?? name}`);
    return found;
}

const packages: Readonly<Record<string, string>> = { "qemu-img": "qemu-utils" };
