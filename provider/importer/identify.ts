// Asks a source what it holds now, without its bytes: cheap enough for a preview.
import { systemClock } from "../model/clock.js";
import type { Identity, SourceSpec } from "./contract.js";
import { openSource } from "./sources/index.js";

/** One cheap question to the source, without retries. */
export async function identifySource(source: SourceSpec, signal: AbortSignal): Promise<Identity> {
    return openSource(source, { clock: systemClock, attempts: 1 }).identify(signal);
}
