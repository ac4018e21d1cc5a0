// When a boot source is to be asked next: by its schedule and by what is noted of the last time.
import type { DataImportCron } from "../model/objects.js";
import { nextTime, parseSchedule } from "../model/schedule.js";
import { cronAnnotations } from "./cron-names.js";

/** When a cron's source is to be asked: at once where it never was, and where the clock was set back since. */
export function dueTime({ spec, metadata }: DataImportCron, now: number): number {
    const { lastCronTime, failedCronTime, nextCronTime } = cronAnnotations;
    const { [lastCronTime]: last, [failedCronTime]: failed, [nextCronTime]: next } = metadata.annotations ?? {};
    // What has failed since was asked all the same: it is not due before it is to be asked again.
    const known = [last, failed].filter((time) => time !== undefined).map((time) => Date.parse(time));
    const asked = known.length === 0 ? undefined : Math.max(...known);
    const again = next === undefined ? undefined : Date.parse(next);
    if (asked === undefined) return again ?? now;
    if (asked > now + 60_000) return now;
    const tick = nextTime(parseSchedule(spec.schedule), asked);
    return Math.min(tick, again ?? tick);
}
