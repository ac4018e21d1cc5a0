// Schedules: what Kubernetes and CDI take, when it is due, and why the rest is refused.
import * as assert from "node:assert/strict";
import { BootsourceError } from "../../provider/model/errors.js";
import { defaultSchedule, describeSchedule, nextTime, parseSchedule } from "../../provider/model/schedule.js";
import { scheduleCases } from "./schedule-table.js";

/** The next times, as the table writes them: without seconds where they are zero. */
function nextTimes(text: string, after: string, count = 3): string[] {
    const schedule = parseSchedule(text);
    const times: string[] = [];
    for (let at = Date.parse(after); times.length < count;) {
        at = nextTime(schedule, at);
        times.push(new Date(at).toISOString().replace(/(:00)?\.000Z$/, ""));
    }
    return times;
}

function refusal(text: string): string {
    try {
        parseSchedule(text);
    } catch (thrown) {
        assert.ok(thrown instanceof BootsourceError);
        assert.equal(thrown.code, "invalid-argument");
        return thrown.message;
    }
    return "";
}

describe("a schedule is due when robfig/cron says so", () => {
    for (const { text, after, times, why } of scheduleCases) {
        it(`${text} after ${after}: ${why}`, () => {
            assert.deepEqual(nextTimes(text, after, times.length), times);
        });
    }
    it("has a table of 60 lines at least to stand on", () => {
        assert.ok(scheduleCases.length >= 60, String(scheduleCases.length));
    });
    it("is read with any white space between its fields and around them, as Go sees white space", () => {
        assert.deepEqual(
            nextTimes("  0\t6 \u00a0 * \u3000* * \n", "2026-11-22T00:00Z", 2),
            nextTimes("0 6 * * *", "2026-11-22T00:00Z", 2),
        );
    });
    it("has its 29th of February also over a century without one, where robfig/cron gives up after five years", () => {
        assert.deepEqual(nextTimes("0 0 29 2 *", "2096-02-29T00:00Z", 1), ["2104-02-29T00:00"]);
    });
    it("does not know of this machine's time zone", () => {
        const zone = process.env["TZ"];
        process.env["TZ"] = "America/Sao_Paulo";
        try {
            // The hour of midnight was left out there on that day.
            assert.deepEqual(nextTimes("0 0 * * *", "2018-11-03T12:00Z", 2), ["2018-11-04T00:00", "2018-11-05T00:00"]);
        } finally {
            if (zone === undefined) delete process.env["TZ"];
            else process.env["TZ"] = zone;
        }
    });
});

describe("a schedule that the platform refuses, or would never act on, is refused with the reason", () => {
    const refused: [string, RegExp][] = [
        ["", /it is empty; write five fields/],
        ["   ", /it has 0 fields; write five/],
        ["* * * *", /it has 4 fields; write five: minute, hour, day of the month, month, day of the week/],
        ["0 0 0 * * *", /it has 6 fields, and there is none for seconds or years; write five/],
        ["* * * * * * *", /it has 7 fields; write five/],
        ["60 * * * *", /there is no minute 60; write 0 to 59/],
        ["* 24 * * *", /there is no hour 24; write 0 to 23/],
        ["* * 0 * *", /there is no day of the month 0; write 1 to 31/],
        ["* * 32 * *", /there is no day of the month 32/],
        ["* * * 13 *", /there is no month 13; write 1 to 12/],
        ["* * * 0 *", /there is no month 0/],
        ["0 0 * * 7", /there is no day 7 of the week; write 0 or SUN for Sunday/],
        ["0 0 * * 5-7", /there is no day 7 of the week/],
        ["0 0 * * FRI-MON", /"FRI-MON" ends before it begins; write FRI-6,0-MON/],
        ["0 22-2 * * *", /"22-2" ends before it begins; write 22-23,0-2/],
        ["*/0 * * * *", /the step of "\*\/0" is 0; write 1 or more/],
        ["*/ * * * *", /"" in "\*\/" is not a step; write a number/],
        ["*/x * * * *", /"x" in "\*\/x" is not a step/],
        ["1/2/3 * * * *", /"1\/2\/3" has more than one slash/],
        ["1-2-3 * * * *", /"1-2-3" has more than one hyphen/],
        ["-1 * * * *", /"-1" is no minute; write 0 to 59/],
        ["1- * * * *", /"1-" is no minute/],
        ["/5 * * * *", /"\/5" is no minute/],
        ["1.5 * * * *", /"1\.5" is no minute/],
        ["0x1 * * * *", /"0x1" is no minute/],
        ["** * * * *", /"\*\*" is no minute/],
        ["99999999999999999999 * * * *", /is no minute/],
        ["0 0 L * *", /"L" is no day of the month: L, W and # are not known here/],
        ["0 0 15W * *", /L, W and # are not known here/],
        ["0 0 * * 5#2", /L, W and # are not known here/],
        ["0 0 * * 5L", /L, W and # are not known here/],
        ["H * * * *", /H is not known here; leave the schedule out for a minute of the source's own/],
        ["H(0-29)/10 * * * *", /H is not known here/],
        ["R * * * *", /"R" is no minute/],
        ["0 0 * * monday", /"monday" is no day of the week; write MON/],
        ["0 0 1 January *", /"January" is no month; write JAN/],
        ["0 0 1 JAX *", /"JAX" is no month; write 1 to 12 or JAN to DEC/],
        ["0 0 MON * *", /"MON" is no day of the month/],
        ["TZ=Europe/Paris 0 0 * * *", /Kubernetes takes no time zone \(TZ, CRON_TZ\) in one; write its times in UTC/],
        ["CRON_TZ=UTC 0 0 * * *", /Kubernetes takes no time zone/],
        ["TZ=UTC", /Kubernetes takes no time zone/],
        ["@reboot", /there is no @reboot; write one of @yearly, .*@hourly, @every 12h, or five fields/],
        ["@minutely", /there is no @minutely/],
        ["@weekdays", /there is no @weekdays/],
        ["@", /there is no @; write one of/],
        ["@Daily", /write @daily, in lower case and without spaces/],
        ["@daily ", /write @daily, in lower case and without spaces/],
        ["@every", /there is no @every; write one of .*@every 12h/],
        ["@every 1d", /what follows @every is not a duration; write one as "@every 12h"/],
        ["@every 12", /not a duration/],
        ["@every  12h", /not a duration/],
        ["@every 1h 30m", /not a duration/],
        ["@every 2562048h", /not a duration/],
        ["0 0 31 2 *", /no such day or time ever comes/],
        ["0 0 30,31 2 *", /no such day or time ever comes/],
        ["0 0 31 4,6,9,11 *", /no such day or time ever comes/],
        [", * * * *", /no such day or time ever comes/],
        ["* * , * *", /no such day or time ever comes/],
        ["* * , * ,", /no such day or time ever comes/],
    ];
    for (const [text, reason] of refused) {
        it(`${JSON.stringify(text)}: ${reason.source}`, () => {
            const message = refusal(text);
            assert.match(message, /^Illegal cron schedule "/);
            assert.match(message, reason);
        });
    }
});

describe("the schedule of a boot source that gives none", () => {
    it("is due twice a day, twelve hours apart", () => {
        const [first = "", second = "", third = ""] = nextTimes(defaultSchedule("fedora"), "2026-11-22T00:00Z");
        assert.equal(Date.parse(second) - Date.parse(first), 12 * 3_600_000);
        assert.equal(Date.parse(third) - Date.parse(second), 12 * 3_600_000);
    });
    it("is the same for a name at all times: a golden value, or all crons would be made again", () => {
        assert.equal(defaultSchedule("fedora"), "45 7,19 * * *");
    });
    it("spreads names over the half day: none of 720 minutes has many of 500", () => {
        const counts = new Map<string, number>();
        for (let index = 0; index < 500; index += 1) {
            const schedule = defaultSchedule(`image-${index}`);
            counts.set(schedule, (counts.get(schedule) ?? 0) + 1);
        }
        assert.ok(Math.max(...counts.values()) <= 6);
        assert.ok(counts.size > 300, String(counts.size));
    });
    it("is told with its zone", () => {
        assert.equal(describeSchedule(parseSchedule("0 */12 * * *")), "0 */12 * * * (UTC)");
        assert.equal(describeSchedule(parseSchedule("@every 12h")), "every 12h");
    });
});
