// Which image of an index is ours: the one for linux and for the architecture asked for, or for this machine's.
import { BootsourceError } from "../../../model/errors.js";
import type { Choice } from "./manifest.js";

/** The architecture to take: the one asked for, else this machine's, as Go and container images spell it. */
export function wantedArchitecture(asked: string | undefined): string {
    return asked ?? spellings[process.arch] ?? process.arch;
}

/** The entry of an index for an architecture; throws `not-found` with those that there are. */
export function choosePlatform(name: string, choices: readonly Choice[], architecture: string): Choice {
    // Attestations stand in an index under this name.
    const images = choices.filter(({ os, architecture: of }) => os !== "unknown" && of !== "unknown");
    const found = images.find((one) => (one.os ?? "linux") === "linux" && one.architecture === architecture);
    // One image that says nothing of itself: its config will.
    const only = images.length === 1 && images[0]?.architecture === undefined ? images[0] : undefined;
    const choice = found ?? only;
    if (choice !== undefined) return choice;
    const there = [...new Set(images.map((one) => `${one.os ?? "linux"}/${one.architecture ?? "?"}`))];
    const ask =
        there.length === 0 ? "push the image again" : `it has ${there.join(", ")}: ask for one of these architectures`;
    throw new BootsourceError(
        "not-found",
        `cannot import ${name}: no image found in the image index for architecture "${architecture}", OS "linux"; ${ask}`,
        { facts: { architecture, platforms: there.join(", ") } },
    );
}

/** Node's names of architectures, where containers have others. */
const spellings: Readonly<Record<string, string | undefined>> = {
    x64: "amd64",
    ia32: "386",
    ppc64: "ppc64le",
    mipsel: "mipsle",
};
