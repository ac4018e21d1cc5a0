// Asks a source what it holds now: cheap enough for a preview, as a question, or by reading a file of this machine.
import { createHash } from "node:crypto";
import { systemClock } from "../model/clock.js";
import { isBootsourceError } from "../model/errors.js";
import type { Identity, SourceOptions, SourceSpec } from "./contract.js";
import { fileSource } from "./sources/file.js";
import { openSource } from "./sources/index.js";

/** How one asks who will ask again anyhow: once. */
export const askOnce: SourceOptions = { clock: systemClock, attempts: 1 };

/** One cheap question to the source, without retries. */
export async function identifySource(source: SourceSpec, signal: AbortSignal): Promise<Identity> {
    return openSource(source, askOnce).identify(signal);
}

/** "sha256:<hex>" of a file; undefined where there is none. */
export async function digestFile(path: string, signal: AbortSignal): Promise<string | undefined> {
    const hash = createHash("sha256");
    try {
        const { bytes } = await fileSource(path).open(undefined, signal);
        for await (const chunk of bytes) hash.update(chunk);
    } catch (thrown) {
        if (isBootsourceError(thrown) && thrown.code === "not-found") return undefined;
        throw thrown;
    }
    return `sha256:${hash.digest("hex")}`;
}
