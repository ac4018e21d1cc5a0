// When a boot source is polled: schedules as Kubernetes and CDI take them (robfig/cron v3.0.1, `ParseStandard`), in UTC.
import { createHash } from "node:crypto";
import { CronExpressionParser } from "cron-parser";
import { type CronFields, readCronFields } from "./cron-fields.js";
import { BootsourceError } from "./errors.js";
import { durationSeconds } from "./go-duration.js";

/** A schedule that is due again and again. "" is none: whoever allows it asks before. */
export interface Schedule {
    /** As it was written. */
    readonly text: string;
    /** Seconds from one time to the next; of `@every` only. */
    readonly everySeconds?: number;
    /** The same in cron-parser's language, in which nothing of it means anything else; of all others. */
    readonly expression?: string;
}

const descriptors: Readonly<Record<string, string>> = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
};

/**
 * Reads a schedule: five fields, `@daily` and the like, or `@every 12h`. Throws `invalid-argument` with CDI's words, the
 * reason and what to write instead, where Kubernetes or CDI refuse it, and where it would never be due.
 */
export function parseSchedule(text: string): Schedule {
    if (text === "") throw illegal(text, 'it is empty; write five fields such as "0 */12 * * *"');
    if (text.includes("TZ"))
        throw illegal(text, "Kubernetes takes no time zone (TZ, CRON_TZ) in one; write its times in UTC");
    if (text.startsWith("@every ")) return { text, everySeconds: everySeconds(text) };
    if (text.startsWith("@") && !Object.hasOwn(descriptors, text)) throw illegal(text, unknownDescriptor(text));
    const fields = readCronFields(descriptors[text] ?? text, (why) => illegal(text, why));
    return { text, expression: expressionOf(fields) };
}

/** The next time that a schedule is due, strictly after another one; both are milliseconds since the epoch. */
export function nextTime({ expression, everySeconds }: Schedule, afterMilliseconds: number): number {
    if (everySeconds !== undefined) return (Math.floor(afterMilliseconds / 1000) + everySeconds) * 1000;
    const currentDate = new Date(afterMilliseconds);
    return CronExpressionParser.parse(expression ?? "", { currentDate, tz: "UTC" })
        .next()
        .getTime();
}

/** The schedule for a person to read. */
export function describeSchedule({ text, everySeconds }: Schedule): string {
    return everySeconds === undefined ? `${text} (UTC)` : text.slice(1);
}

/** Twice a day, at a time that the name chooses: many boot sources do not ask one registry at the same minute. */
export function defaultSchedule(name: string): string {
    const minuteOfHalfDay = createHash("sha256").update(name).digest().readUInt32BE(0) % 720;
    const hour = Math.floor(minuteOfHalfDay / 60);
    return `${minuteOfHalfDay % 60} ${hour},${hour + 12} * * *`;
}

/** Each field as a list: the two libraries differ about ranges, steps and stars, never about numbers. */
function expressionOf({ minutes, hours, daysOfMonth, months, daysOfWeek }: CronFields): string {
    const days = daysOfMonth?.length === 0 ? undefined : daysOfMonth;
    const weekdays = daysOfWeek?.length === 0 ? undefined : daysOfWeek;
    const lists = [minutes, hours, days, months, weekdays].map((values) => values?.join(",") ?? "*");
    return ["0", ...lists].join(" ");
}

/** robfig/cron counts whole seconds, and one at least. */
function everySeconds(text: string): number {
    const seconds = durationSeconds(text.slice("@every ".length));
    if (seconds !== undefined) return Math.max(1, seconds);
    throw illegal(text, 'what follows @every is not a duration; write one as "@every 12h" or "@every 1h30m"');
}

function unknownDescriptor(text: string): string {
    const lower = text.trim().toLowerCase();
    if (Object.hasOwn(descriptors, lower)) return `write ${lower}, in lower case and without spaces`;
    const known = [...Object.keys(descriptors), "@every 12h"].join(", ");
    return `there is no ${text.split(" ")[0] ?? ""}; write one of ${known}, or five fields`;
}

function illegal(text: string, why: string): BootsourceError {
    return new BootsourceError("invalid-argument", `Illegal cron schedule ${JSON.stringify(text)}: ${why}`);
}
