// Imports onto a block device that is there already: written from its beginning to its end, in place, for nothing can be renamed over it.
import { open, readFile, stat } from "node:fs/promises";
import { constants } from "node:fs";
import { BootsourceError } from "../model/errors.js";
import { formatQuantity } from "../model/quantity.js";
import type { Imported, ImportRequest } from "./contract.js";
import { errorCode, fileSystemError } from "./file-system-error.js";
import { stageImage } from "./stage.js";

/** Whether a path leads to a block device. */
export async function isBlockDevice(path: string): Promise<boolean> {
    return stat(path).then(
        (stats) => stats.isBlockDevice(),
        () => false,
    );
}

/**
 * Imports an image onto a device, whose size is the room there is. What the image leaves out is written as zeros, because a device
 * keeps what was on it; where the import fails, the first mebibyte is zeros, so that nothing boots from half a disk.
 */
export async function importToDevice(device: string, request: ImportRequest): Promise<Imported> {
    const bytes = await sizeOf(device);
    if (request.size !== undefined && request.size > bytes) {
        throw new BootsourceError(
            "too-large",
            `cannot write ${device}: ${formatQuantity(request.size)} are asked for and it has ${formatQuantity(bytes)}; ` +
                "choose a larger device, or ask for less",
            { facts: { size: request.size, device: bytes } },
        );
    }
    await requireUnused(device);
    return stageImage(device, { ...request, size: request.size ?? bytes, preallocate: true }, { device: true });
}

/** Linux tells it in sectors of 512 bytes, whatever those of the device are. */
async function sizeOf(device: string): Promise<number> {
    const doing = `write ${device}`;
    try {
        const { rdev } = await stat(device);
        const [major, minor] = [(rdev >>> 8) & 0xfff, (rdev & 0xff) | ((rdev >>> 12) & 0xfff00)];
        const sectors = Number(await readFile(`/sys/dev/block/${major}:${minor}/size`, "utf8"));
        if (sectors > 0) return sectors * 512;
    } catch (thrown) {
        throw fileSystemError(thrown, doing);
    }
    throw new BootsourceError("invalid-argument", `cannot ${doing}: nothing is in the device; choose another one`);
}

/** A device that is mounted, or part of something that is in use, belongs to the system alone. */
async function requireUnused(device: string): Promise<void> {
    try {
        const file = await open(device, constants.O_RDWR | constants.O_EXCL);
        await file.close();
    } catch (thrown) {
        if (errorCode(thrown) !== "EBUSY") throw fileSystemError(thrown, `write ${device}`);
        throw new BootsourceError(
            "in-use",
            `cannot write ${device}: it is mounted, or something is made of it; unmount it, or choose another device`,
            { cause: thrown },
        );
    }
}
