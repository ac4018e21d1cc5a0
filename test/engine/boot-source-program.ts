// A program of one boot source, and the container images that it is given one after the other.
import { createHash } from "node:crypto";
import * as bootsource from "../../components/index.js";
import { type Containerdisk, makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import type { Program, Ran } from "./project.js";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** This machine's platform, as images name it. */
export const architecture = architectures[process.arch] ?? process.arch;

/** The guest's disk of the image of a number. */
export function diskOf(number: number): Buffer {
    return Buffer.from(makeDisk(3 << 20, { seed: 800 + number }));
}

/** A containerdisk for this machine and for another platform, as registries have them; `other` changes the other one alone. */
export function imageOf(number: number, other = 0): Containerdisk {
    const foreign = architecture === "amd64" ? "arm64" : "amd64";
    return makeIndex({
        [architecture]: makeContainerdisk(makeQcow2(diskOf(number)), {
            architecture,
            environment: ["INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE=fedora"],
        }),
        [foreign]: makeContainerdisk(makeQcow2(diskOf(900 + other)), { architecture: foreign }),
    });
}

/** The digest that a tag leads to. */
export function digestOf(image: Containerdisk): string {
    return image.manifest.digest;
}

/** sha256 of a disk of the test. */
export function hashOf(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}

/** What the program exports. */
export interface Told {
    readonly dataSource: { readonly namespace: string; readonly name: string };
    readonly digest: string;
    readonly path: string;
    readonly ready: boolean;
    readonly upToDate: boolean;
    readonly reason: string;
    readonly sourceFormat: string;
    readonly storageClass: string;
    readonly why: string;
    readonly imports: readonly bootsource.BootSourceImport[];
}

/** A program of one boot source, named as the platform's documentation has it. */
export function program(args: bootsource.BootSourceArgs, name = "fedora"): Program {
    return () => {
        const source = new bootsource.BootSource(name, args);
        const { dataSource, digest, path, ready, upToDate, upToDateReason: reason } = source;
        const { sourceFormat, storageClass, storageClassReason: why, imports } = source;
        return Promise.resolve({
            ...{ dataSource, digest, path, ready, upToDate, reason },
            ...{ sourceFormat, storageClass, why, imports },
        });
    };
}

/** What a run told of the boot source; fails the test where the run failed. */
export function toldBy(ran: Ran): Told {
    if (ran.failure !== undefined) throw new Error(ran.failure);
    return ran.outputs as unknown as Told;
}
