// What the config of a container image says about its disk: for which machine it is, and which labels its volume should have.
import { checkDigest, digestOf, parseJson, refused } from "./manifest.js";
import type { Descriptor } from "./store.js";

/** Checks a config against its descriptor and the architecture asked for; returns the labels that it asks for. */
export function readConfig(
    name: string,
    bytes: Buffer,
    { digest }: Descriptor,
    architecture: string,
): Readonly<Record<string, string>> {
    checkDigest(name, "config", digestOf(bytes), digest);
    const found = parseJson(name, "config", bytes);
    const stated = found["architecture"];
    if (typeof stated === "string" && stated !== "" && stated !== architecture) {
        throw refused(
            name,
            `manifest image architecture: "${stated}" doesn't match requested architecture: "${architecture}"; ` +
                `ask for the architecture "${stated}", or for an image that has "${architecture}"`,
        );
    }
    const config = (found["config"] ?? {}) as Readonly<Record<string, unknown>>;
    refuseSystem(name, (config["Labels"] ?? {}) as Readonly<Record<string, unknown>>);
    const environment = Array.isArray(config["Env"]) ? config["Env"] : [];
    return labelsOf(environment.filter((line) => typeof line === "string"));
}

/** INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE=fedora asks for instancetype.kubevirt.io/default-preference: fedora. */
function labelsOf(environment: readonly string[]): Record<string, string> {
    const labels: Record<string, string> = {};
    for (const line of environment) {
        const match = /^([A-Z0-9]+(?:_[A-Z0-9]+)*)_KUBEVIRT_IO_([A-Z0-9]+(?:_[A-Z0-9]+)*)=(.*)$/s.exec(line);
        const [, domain = "", name = "", value = ""] = match ?? [];
        // What Kubernetes would refuse as a label must not keep the image from being imported.
        if (match === null || !/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(value)) continue;
        labels[`${spelt(domain, ".")}.kubevirt.io/${spelt(name, "-")}`] = value;
    }
    return labels;
}

function spelt(words: string, separator: string): string {
    return words.toLowerCase().replaceAll("_", separator);
}

/** A bootable container is a system's files, from which a disk has still to be made. */
function refuseSystem(name: string, labels: Readonly<Record<string, unknown>>): void {
    const on = (value: unknown): boolean => value === "1" || value === "true";
    const found = on(labels["containers.bootc"])
        ? "containers.bootc"
        : ["ostree.bootable", "ostree.commit"].find(
              (label) => typeof labels[label] === "string" && labels[label] !== "",
          );
    if (found === undefined) return;
    throw refused(
        name,
        `it is a bootc image (label ${found}): a system's files, not a disk; make a disk of it with bootc-image-builder, ` +
            "and import that",
    );
}
