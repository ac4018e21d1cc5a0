// bootsource import: one image from its source to a raw disk.
import { lstat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemClock } from "../model/clock.js";
import { parseChecksum } from "../model/digest.js";
import { BootsourceError } from "../model/errors.js";
import { describeBytes, parseQuantity } from "../model/quantity.js";
import { errorCode, fileSystemError } from "../importer/file-system-error.js";
import type { SourceSpec } from "../importer/contract.js";
import type { CommandLine, Flag } from "./command-line.js";
import { showProgress } from "./progress.js";
import { readSource, sourceFlags, sourceHelp } from "./source.js";

const flags = {
    size: { value: "SIZE", text: 'Room for the disk, such as "10Gi": a larger image is refused, a smaller one grown.' },
    checksum: { value: "ALG:HEX", text: "Checksum of the bytes served: md5, sha1, sha256 or sha512." },
    "checksum-url": {
        value: "URL",
        text: "Published checksum file (SHA256SUMS, *.sha256): the image's own line counts.",
    },
    "content-type": {
        value: "TYPE",
        text: 'What SOURCE holds: "kubevirt", a disk (default), or "archive", a tar to unpack.',
    },
    force: { text: "Replace TARGET, once the new disk is whole; write over it, where it is a block device." },
    ...sourceFlags,
} as const satisfies Record<string, Flag>;

/** The command. */
export const importCommand = {
    summary: "Import an image as a raw disk, or an archive as a directory, verified",
    operands: ["SOURCE", "TARGET"],
    flags,
    text: `
${sourceHelp}
A disk may be raw, an ISO, qcow2, VMDK, VDI, VHD or VHDX, compressed with gzip, zstd, xz or bzip2, and the only one in an
OVA or a tar. From standard input it has to be one that can be read in one pass, or smaller than 8 MiB: others are refused.

TARGET is the file to make: a raw, sparse disk that only you can read. With --content-type archive it is the directory to
make, and SOURCE a tar in any of those compressions. It appears when it is whole, never before. With --force it may be a block
device that nothing uses: all of it is written, zeros where the image has none, and its size is the room there is.
Web proxies are taken from http_proxy, https_proxy and no_proxy.

Examples:
    bootsource import https://example.com/fedora.qcow2 fedora.img --size 10Gi
    bootsource import docker://quay.io/containerdisks/fedora:latest fedora.img --platform arm64
    bootsource import https://example.com/noble.img noble.img --checksum-url https://example.com/SHA256SUMS
    bootsource import disk.qcow2.gz disk.img --checksum sha256:9f86d081884c7d65...
    bootsource import https://images.corp/rhel.qcow2 rhel.img --user reader --password-file pw --ca-file corp.pem
    bootsource import s3://images/tools.tar.gz tools --content-type archive
`,
    async run(line: CommandLine, signal: AbortSignal): Promise<void> {
        // Loaded by what needs it: the help of all commands does not.
        const { checkFormatName } = await import("../importer/detect.js");
        const { importArchive } = await import("../importer/archive/import-archive.js");
        const { importImage } = await import("../importer/import-image.js");
        const { importToDevice, isBlockDevice } = await import("../importer/block-device.js");
        const { sourceName } = await import("../importer/sources/index.js");
        const [sourceText = "", targetText = ""] = line.operands;
        const { size, checksum, format } = line.values;
        const archive = readContentType(line) === "archive";
        const json = line.on.has("json");
        const source = readSource(sourceText, line);
        const target = resolve(targetText);
        if (format !== undefined) checkFormatName(format);
        const request = {
            source,
            size: size === undefined ? undefined : readSize(size),
            checksum: checksum === undefined ? undefined : parseChecksum(checksum),
            checksumUrl: readChecksumUrl(source, line),
            format,
        };
        await checkTarget(target, { force: line.on.has("force"), archive });
        const progress = json ? undefined : showProgress(process.stderr, systemClock);
        const bring = archive ? importArchive : (await isBlockDevice(target)) ? importToDevice : importImage;
        const imported = await bring(target, {
            ...request,
            signal,
            clock: systemClock,
            progress: progress?.show,
            warn: (message) => {
                if (!json) process.stderr.write(`bootsource: ${message}\n`);
            },
        }).finally(() => {
            progress?.end();
        });
        if (json) {
            const { version = null, ...rest } = imported;
            process.stdout.write(`${JSON.stringify({ source: sourceName(source), target, ...rest, version })}\n`);
            return;
        }
        if (archive) {
            process.stdout.write(
                `${target}: ${describeBytes(imported.virtualSize)} in files, from a tar archive\n${imported.digest} ` +
                    `(the ${describeBytes(imported.sourceSize)} served)\n`,
            );
            return;
        }
        const around = imported.codecs.length === 0 ? "" : ` in ${imported.codecs.join(" in ")}`;
        process.stdout.write(
            `${target}: a raw disk of ${describeBytes(imported.size)}, from ${imported.format}${around} with a virtual size of ` +
                `${describeBytes(imported.virtualSize)}\n${imported.digest} (the ${describeBytes(imported.sourceSize)} served)\n`,
        );
    },
} as const;

function readSize(text: string): number {
    const bytes = parseQuantity(text);
    if (bytes > 0) return bytes;
    throw new BootsourceError("invalid-argument", 'cannot use the size "0": a disk needs room; write for example 10Gi');
}

function readContentType(line: CommandLine): "kubevirt" | "archive" {
    const type = line.values["content-type"] ?? "kubevirt";
    if (type !== "kubevirt" && type !== "archive") {
        throw new BootsourceError(
            "invalid-argument",
            "cannot use --content-type: ContentType not one of: kubevirt, archive",
        );
    }
    if (type === "archive" && line.values["format"] !== undefined) {
        throw new BootsourceError(
            "invalid-argument",
            "cannot use --format: an archive is no disk image; leave the flag out",
        );
    }
    if (type === "archive" && /^(?:docker|oci-archive):/i.test(line.operands[0] ?? "")) {
        throw new BootsourceError(
            "invalid-argument",
            "cannot import: ContentType must be kubevirt when Source is Registry",
        );
    }
    return type;
}

function readChecksumUrl(source: SourceSpec, line: CommandLine): string | undefined {
    const url = line.values["checksum-url"];
    if (url === undefined) return undefined;
    if (source.kind === "http" && line.values["checksum"] === undefined) return url;
    const why = source.kind === "http" ? "--checksum says it already" : "SOURCE is not on a web server";
    throw new BootsourceError("invalid-argument", `cannot use --checksum-url: ${why}; leave the flag out`);
}

/** Says no before the download to a target that could not be written after it. */
async function checkTarget(target: string, { force, archive }: { force: boolean; archive: boolean }): Promise<void> {
    const there = await lstat(target).catch((thrown: unknown) => {
        if (errorCode(thrown) === "ENOENT") return undefined;
        throw fileSystemError(thrown, `write ${target}`);
    });
    if (archive && there !== undefined) {
        // Not even with --force: what lies in a directory is nobody's to throw away by a flag.
        throw new BootsourceError(
            "already-exists",
            `cannot unpack to ${target}: it is there already; remove it, or choose another name`,
        );
    }
    if (there?.isDirectory() === true) {
        throw new BootsourceError("invalid-argument", `cannot write ${target}: it is a directory; name a file in it`);
    }
    if (there !== undefined && !there.isFile() && !there.isSymbolicLink() && !there.isBlockDevice()) {
        // A device would not be written to: a file would take its place.
        throw new BootsourceError(
            "invalid-argument",
            `cannot write ${target}: it is not a regular file and no block device; import to a file`,
        );
    }
    if (there !== undefined && !force) {
        throw new BootsourceError(
            "already-exists",
            `cannot write ${target}: it is there already; remove it, choose another name, or say --force to replace it`,
        );
    }
    if (there !== undefined) return;
    await lstat(dirname(target)).catch((thrown: unknown) => {
        throw fileSystemError(thrown, `write into ${dirname(target)}`);
    });
}
