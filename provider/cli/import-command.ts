// bootsource import: one image from its source to a raw disk.
import { lstat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemClock } from "../model/clock.js";
import { parseChecksum } from "../model/digest.js";
import { BootsourceError } from "../model/errors.js";
import { describeBytes, parseQuantity } from "../model/quantity.js";
import { checkFormatName } from "../importer/detect.js";
import { errorCode, fileSystemError } from "../importer/file-system-error.js";
import { importImage } from "../importer/import-image.js";
import { sourceName } from "../importer/sources/index.js";
import type { CommandLine, Flag } from "./command-line.js";
import { showProgress } from "./progress.js";
import { readSource, sourceFlags } from "./source.js";

const flags = {
    size: { value: "SIZE", text: 'Room for the disk, such as "10Gi": a larger image is refused, a smaller one grown.' },
    checksum: { value: "ALG:HEX", text: "Checksum of the bytes served: md5, sha1, sha256 or sha512." },
    force: { text: "Replace TARGET, once the new disk is whole." },
    ...sourceFlags,
} as const satisfies Record<string, Flag>;

/** The command. */
export const importCommand = {
    summary: "Import an image as a raw disk, verified",
    operands: ["SOURCE", "TARGET"],
    flags,
    text: `
SOURCE is a path, a file:// url, or an http(s):// url; it may be raw, an ISO or qcow2, and compressed with gzip.
TARGET is the file to make: a raw, sparse disk that only you can read. It appears when it is whole, never before.
Web proxies are taken from http_proxy, https_proxy and no_proxy.

Examples:
    bootsource import https://example.com/fedora.qcow2 fedora.img --size 10Gi
    bootsource import disk.qcow2.gz disk.img --checksum sha256:9f86d081884c7d65...
    bootsource import https://images.corp/rhel.qcow2 rhel.img --user reader --password-file pw --ca-file corp.pem
`,
    async run(line: CommandLine, signal: AbortSignal): Promise<void> {
        const [sourceText = "", targetText = ""] = line.operands;
        const { size, checksum, format } = line.values;
        const json = line.on.has("json");
        const source = readSource(sourceText, line);
        const target = resolve(targetText);
        if (format !== undefined) checkFormatName(format);
        const request = {
            source,
            size: size === undefined ? undefined : readSize(size),
            checksum: checksum === undefined ? undefined : parseChecksum(checksum),
            format,
        };
        await checkTarget(target, line.on.has("force"));
        const progress = json ? undefined : showProgress(process.stderr, systemClock);
        const imported = await importImage(target, {
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

/** Says no before the download to a target that could not be written after it. */
async function checkTarget(target: string, force: boolean): Promise<void> {
    const there = await lstat(target).catch((thrown: unknown) => {
        if (errorCode(thrown) === "ENOENT") return undefined;
        throw fileSystemError(thrown, `write ${target}`);
    });
    if (there?.isDirectory() === true) {
        throw new BootsourceError("invalid-argument", `cannot write ${target}: it is a directory; name a file in it`);
    }
    if (there !== undefined && !there.isFile() && !there.isSymbolicLink()) {
        // A device would not be written to: a file would take its place.
        throw new BootsourceError(
            "invalid-argument",
            `cannot write ${target}: it is not a regular file; import to a file, and copy that with qemu-img or dd`,
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
