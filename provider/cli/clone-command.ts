// bootsource clone: a disk for a machine from a boot source's current image, in full or as a thin overlay.
import { lstat } from "node:fs/promises";
import { resolve } from "node:path";
import { systemClock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import { describeBytes, parseQuantity } from "../model/quantity.js";
import type { CommandLine } from "./command-line.js";
import { showProgress } from "./progress.js";
import { openStores, storeFlag } from "./stores.js";

/** The command. */
export const cloneCommand = {
    summary: "Make a disk for a machine from a boot source's current image",
    operands: ["NAME", "TARGET"],
    flags: {
        store: storeFlag,
        thin: {
            text: "A small qcow2 file that is built on the snapshot's image. Default where its class is of the way overlay.",
        },
        full: { text: "A raw disk of its own: shared blocks where the file system can, else a sparse copy." },
        size: { value: "SIZE", text: 'The disk\'s size, such as "40Gi", where it is to be larger than the image.' },
        json: { text: "For programs: one JSON object on stdout, errors as one JSON object on stderr." },
    },
    text: `
NAME is a boot source (a DataSource), else a claim or a snapshot, with its namespace where it is not default: images/fedora. TARGET is the file to make; it appears when it is whole, and nothing is written over.

A thin clone reads the image that it was made of for as long as it lives, so that image stays: the store knows the clone by its path. Remove the file to let the image go. Do not move it: a moved clone is no longer known, and its image may be removed under it. Clone anew instead, or make it whole first with qemu-img convert.

Examples:
    bootsource clone fedora vm.qcow2 --store ./store --size 40Gi
    bootsource clone images/debian /srv/vms/web.img --full --store /srv/images
    qemu-system-x86_64 -m 2G -drive file=vm.qcow2,format=qcow2,if=virtio
`,
    async run(line: CommandLine, signal: AbortSignal): Promise<void> {
        const [name = "", given = ""] = line.operands;
        const target = resolve(given);
        const [thin, full] = [line.on.has("thin"), line.on.has("full")];
        if (thin && full) {
            throw new BootsourceError(
                "invalid-argument",
                "cannot clone: --thin and --full exclude each other; give one of them",
            );
        }
        const { size } = line.values;
        const json = line.on.has("json");
        await refuseWhatIsThere(target);
        const [store] = await openStores("clone", line, process.env);
        if (store === undefined) return;
        const progress = json ? undefined : showProgress(process.stderr, systemClock);
        try {
            const { makeClone } = await import("./clone.js");
            const made = await makeClone(store.cluster, {
                name,
                target,
                thin: thin || full ? thin : undefined,
                size: size === undefined ? undefined : parseQuantity(size),
                clock: systemClock,
                signal,
                progress: progress?.show,
            });
            progress?.end();
            const { words, path, format, backing } = made;
            if (json)
                process.stdout.write(
                    `${JSON.stringify({ path, format, size: made.size, backing: backing ?? null })}\n`,
                );
            else {
                const how = backing === undefined ? "a raw disk of its own" : `built on ${backing}`;
                process.stdout.write(`${path}: ${format}, ${describeBytes(made.size)}, of ${words}, ${how}\n`);
            }
        } finally {
            progress?.end();
            await store.cluster.close();
        }
    },
} as const;

async function refuseWhatIsThere(target: string): Promise<void> {
    const found = await lstat(target).catch(() => undefined);
    if (found === undefined) return;
    throw new BootsourceError(
        "already-exists",
        `cannot clone to ${target}: it is there already, and may be a machine's disk; remove it, or choose another name`,
    );
}
