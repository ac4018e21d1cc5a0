// The agent's log on standard output: one JSON object per line, or lines for people.
import type { Clock } from "../../model/clock.js";
import { describeBytes } from "../../model/quantity.js";
import type { AgentEvent, Level } from "./cron-events.js";

/** Writes an event of a store; events of the agent itself have none. */
export type Log = (event: AgentEvent, store?: string) => void;

/** From the least that matters to the most. */
export const levels: readonly Level[] = ["debug", "info", "warn", "error"];

/** How it is written. */
export interface LogOptions {
    readonly format: "json" | "text";
    /** What matters less is not written. */
    readonly level: Level;
    readonly clock: Clock;
    readonly write: (line: string) => void;
}

/** A log. */
export function makeLog({ format, level: least, clock, write }: LogOptions): Log {
    return (event, store) => {
        if (levels.indexOf(event.level) < levels.indexOf(least)) return;
        const time = new Date(clock.now()).toISOString();
        const { level, event: name, ...more } = event;
        const line =
            format === "json"
                ? JSON.stringify({ time, level, store, event: name, ...more })
                : `${time} ${level.padEnd(5)} ${store === undefined ? "" : `${store}: `}${describeEvent(event)}`;
        write(`${line}\n`);
    };
}

/** "default/fedora: import finished, sha256:ab12..., 1.2 GiB in 12 s". */
export function describeEvent({ event, bootSource, image, digest, from, bytes, seconds, ...more }: AgentEvent): string {
    const { reason, form, listening, pid } = more;
    const size = bytes === 0 ? "copied from what is here" : bytes === undefined ? undefined : describeBytes(bytes);
    const facts = [
        event.replaceAll("-", " ") + (form === undefined ? "" : ` (${form})`),
        event === "repointed" || event === "image-removed" || bootSource === undefined ? image : undefined,
        digest && shortDigest(digest),
        from && `before ${shortDigest(from)}`,
        size === undefined || seconds === undefined ? size : `${size} in ${seconds} s`,
        listening && `listening on http://${listening}`,
        pid && `pid ${pid}`,
        reason,
    ];
    const text = facts.filter((fact) => fact !== undefined && fact !== "").join(", ");
    return bootSource === undefined ? text : `${bootSource}: ${text}`;
}

function shortDigest(digest: string): string {
    const [kind = "", id = ""] = digest.split(":");
    return `${kind}:${id.slice(0, 12)}`;
}
