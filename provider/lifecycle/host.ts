// What a door gives to the lifecycle: configuration, a place to say things, time, and the end of everything.
import type { Configuration } from "../connect.js";
import type { Clock } from "../model/clock.js";

/** How a line is shown: kept, kept as a warning, or replaced by the next one. */
export type Severity = "info" | "warning" | "progress";

/** The engine as the lifecycle sees it, whichever door it came through. */
export interface Host {
    readonly configuration: Configuration;
    /** The directory that the program runs in; relative paths are resolved from its project. */
    readonly directory: string;
    readonly clock: Clock;
    /** Aborted when the engine is gone. */
    readonly signal: AbortSignal;
    /** Where what previews showed is kept. Default: in the user's cache. */
    readonly shownDirectory?: string;
    log(severity: Severity, message: string, urn: string): void;
}
