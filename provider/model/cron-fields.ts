// The five fields of a schedule, read as robfig/cron v3.0.1 reads them: what Kubernetes and CDI accept, no more and no less.

/** When a schedule is due, as numbers; all in UTC. */
export interface CronFields {
    readonly minutes: readonly number[];
    readonly hours: readonly number[];
    readonly months: readonly number[];
    /** Days of the month, or days of the week (0 is Sunday): either is enough. Neither given: each day. */
    readonly daysOfMonth: readonly number[] | undefined;
    readonly daysOfWeek: readonly number[] | undefined;
}

interface Bounds {
    readonly name: string;
    readonly least: number;
    readonly most: number;
    readonly names: readonly string[];
}

interface Field {
    readonly values: readonly number[];
    /** Whether a part of it is "*" or "?" without a step above 1: then the other field of days must match too. */
    readonly star: boolean;
}

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const bounds: readonly [Bounds, Bounds, Bounds, Bounds, Bounds] = [
    { name: "minute", least: 0, most: 59, names: [] },
    { name: "hour", least: 0, most: 23, names: [] },
    { name: "day of the month", least: 1, most: 31, names: [] },
    { name: "month", least: 1, most: 12, names: monthNames },
    { name: "day of the week", least: 0, most: 6, names: dayNames },
];
const longestMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** What stands between fields: unicode.IsSpace of Go, which is not quite \s of JavaScript. */
const between = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** Reads five fields. `refuse` makes the error of a reason with what to do. */
export function readCronFields(text: string, refuse: (why: string) => Error): CronFields {
    const parts = text.split(between).filter((part) => part !== "");
    if (parts.length !== 5) throw refuse(wrongCount(parts.length));
    const [minute, hour, dayOfMonth, month, dayOfWeek] = bounds.map((one, at) =>
        readField(parts[at] ?? "", one, refuse),
    ) as [Field, Field, Field, Field, Field];
    const fields = {
        minutes: minute.values,
        hours: hour.values,
        months: month.values,
        ...combineDays(dayOfMonth, dayOfWeek),
    };
    if (!everHappens(fields)) {
        throw refuse("no such day or time ever comes, and the image would never be refreshed; write one that does");
    }
    return fields;
}

/** A field with a star has every value, so only the other one counts then; without a star either field is enough. */
function combineDays(month: Field, week: Field): Pick<CronFields, "daysOfMonth" | "daysOfWeek"> {
    if (month.star && week.star) return { daysOfMonth: undefined, daysOfWeek: undefined };
    if (month.star) return { daysOfMonth: undefined, daysOfWeek: week.values };
    if (week.star) return { daysOfMonth: month.values, daysOfWeek: undefined };
    const eachDay = month.values.length === 31 || week.values.length === 7;
    return eachDay
        ? { daysOfMonth: undefined, daysOfWeek: undefined }
        : { daysOfMonth: month.values, daysOfWeek: week.values };
}

/** The platform takes the 31st of February, and a field of commas alone, and then never acts. */
function everHappens({ minutes, hours, months, daysOfMonth, daysOfWeek }: CronFields): boolean {
    if (minutes.length === 0 || hours.length === 0 || months.length === 0) return false;
    if (daysOfMonth === undefined) return daysOfWeek?.length !== 0;
    if (daysOfWeek !== undefined && daysOfWeek.length > 0) return true;
    return months.some((month) => daysOfMonth.some((day) => day <= (longestMonth[month - 1] ?? 0)));
}

function readField(text: string, one: Bounds, refuse: (why: string) => Error): Field {
    const ranges = text
        .split(",")
        .filter((part) => part !== "")
        .map((part) => readRange(part, one, refuse));
    const values = [...new Set(ranges.flatMap((range) => range.values))].sort((a, b) => a - b);
    return { values, star: ranges.some((range) => range.star) };
}

/** `number`, `number-number` or `*`, and a step; "5/15" goes from 5 to the end. */
function readRange(text: string, one: Bounds, refuse: (why: string) => Error): Field {
    const [range = "", stepText, ...more] = text.split("/");
    const [low = "", high, ...others] = range.split("-");
    // Whatever stands behind "*-" is not looked at.
    const star = low === "*" || low === "?";
    if (!star && others.length > 0) throw refuse(`"${text}" has more than one hyphen; write a range as 1-5`);
    const from = star ? one.least : readNumber(low, one, text, refuse);
    const given = star || high === undefined ? undefined : readNumber(high, one, text, refuse);
    if (more.length > 0) throw refuse(`"${text}" has more than one slash; write a step as */15`);
    const step = stepText === undefined ? 1 : readStep(stepText, text, refuse);
    const to = star || (high === undefined && stepText !== undefined) ? one.most : (given ?? from);
    for (const value of [from, to]) {
        if (value < one.least || value > one.most) throw refuse(outOfBounds(value, one));
    }
    if (from > to) {
        throw refuse(
            `"${text}" ends before it begins; write ${low}-${one.most},${one.least}-${high ?? ""} for what goes round`,
        );
    }
    const values: number[] = [];
    for (let value = from; value <= to; value += step) values.push(value);
    return { values, star: star && step === 1 };
}

function readStep(stepText: string, text: string, refuse: (why: string) => Error): number {
    const step = readInteger(stepText);
    if (step === undefined) throw refuse(`"${stepText}" in "${text}" is not a step; write a number, as in */15`);
    if (step === 0) throw refuse(`the step of "${text}" is 0; write 1 or more`);
    return step;
}

function readNumber(text: string, one: Bounds, whole: string, refuse: (why: string) => Error): number {
    const named = one.names.indexOf(text.toLowerCase());
    if (named >= 0) return named + one.least;
    const number = readInteger(text);
    if (number !== undefined) return number;
    throw refuse(notANumber(text, one, whole));
}

/** strconv.Atoi, without the minus that no field can have. */
function readInteger(text: string): number | undefined {
    return /^\+?\d+$/.test(text) && Number(text) < 2 ** 63 ? Number(text) : undefined;
}

function wrongCount(count: number): string {
    const has = `it has ${count} field${count === 1 ? "" : "s"}`;
    const seconds = count === 6 ? ", and there is none for seconds or years" : "";
    return `${has}${seconds}; write five: minute, hour, day of the month, month, day of the week`;
}

function outOfBounds(value: number, { name, least, most }: Bounds): string {
    if (name === "day of the week" && value === 7) return "there is no day 7 of the week; write 0 or SUN for Sunday";
    return `there is no ${name} ${value}; write ${least} to ${most}`;
}

function notANumber(text: string, { name, least, most, names }: Bounds, whole: string): string {
    const near = text.length > 3 ? names.find((one) => text.toLowerCase().startsWith(one)) : undefined;
    if (near !== undefined) return `"${text}" is no ${name}; write ${near.toUpperCase()}`;
    const why = `"${whole}" is no ${name}`;
    if (/^\d*[LW]$|#/i.test(whole))
        return `${why}: L, W and # are not known here; write numbers, ranges and steps only`;
    if (whole.startsWith("H"))
        return `${why}: H is not known here; leave the schedule out for a minute of the source's own`;
    const words = names.length === 0 ? "" : ` or ${names[0]?.toUpperCase()} to ${names.at(-1)?.toUpperCase()}`;
    return `${why}; write ${least} to ${most}${words}, *, a range as 1-5, a step as */2, or a list of these`;
}
