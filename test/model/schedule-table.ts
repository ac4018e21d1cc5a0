// Schedules with their next three times: the table of the rules of robfig/cron v3.0.1 that Kubernetes and CDI go by.

/** A line of the table; times are UTC. */
export interface ScheduleCase {
    readonly text: string;
    readonly after: string;
    readonly times: readonly string[];
    readonly why: string;
}

/** From when on, where a line does not say. A Sunday. */
const fixed = "2026-11-22T09:11:35Z";

/** schedule | after | next three times | what the line shows */
const table = `
* * * * *            |                     | 2026-11-22T09:12 2026-11-22T09:13 2026-11-22T09:14 | each minute
? ? ? ? ?            |                     | 2026-11-22T09:12 2026-11-22T09:13 2026-11-22T09:14 | a question mark is a star
0 * * * *            |                     | 2026-11-22T10:00 2026-11-22T11:00 2026-11-22T12:00 | each hour
0 */12 * * *         |                     | 2026-11-22T12:00 2026-11-23T00:00 2026-11-23T12:00 | CDI's own example
17 5,17 * * *        |                     | 2026-11-22T17:17 2026-11-23T05:17 2026-11-23T17:17 | a list of hours
59 23 * * *          |                     | 2026-11-22T23:59 2026-11-23T23:59 2026-11-24T23:59 | the last minute of a day
0 0 * * *            | 2026-11-22T00:00    | 2026-11-23T00:00 2026-11-24T00:00 2026-11-25T00:00 | strictly after: midnight is not due again at midnight
0 0 * * *            | 2026-11-21T23:59:59.999 | 2026-11-22T00:00 2026-11-23T00:00 2026-11-24T00:00 | a millisecond before midnight, midnight is next
0 0 * * *            | 2026-11-22T00:00:00.001 | 2026-11-23T00:00 2026-11-24T00:00 2026-11-25T00:00 | a millisecond after midnight, the day is over
30 9 * * *           | 2026-11-22T09:29:59 | 2026-11-22T09:30 2026-11-23T09:30 2026-11-24T09:30 | seconds do not count
*/15 * * * *         |                     | 2026-11-22T09:15 2026-11-22T09:30 2026-11-22T09:45 | a step counts from the least
5/15 * * * *         |                     | 2026-11-22T09:20 2026-11-22T09:35 2026-11-22T09:50 | a number with a step goes to the end of the field
1-30/2 * * * *       | 2026-11-22T09:27    | 2026-11-22T09:29 2026-11-22T10:01 2026-11-22T10:03 | a range with a step stays in its range
*/7 * * * *          | 2026-11-22T09:50    | 2026-11-22T09:56 2026-11-22T10:00 2026-11-22T10:07 | a step that does not divide the hour begins anew with the next
*/100 * * * *        |                     | 2026-11-22T10:00 2026-11-22T11:00 2026-11-22T12:00 | a step beyond the end leaves the first
50/100 * * * *       |                     | 2026-11-22T09:50 2026-11-22T10:50 2026-11-22T11:50 | a number with a step beyond the end stands alone
0 */5 * * *          | 2026-11-22T19:00    | 2026-11-22T20:00 2026-11-23T00:00 2026-11-23T05:00 | a step that does not divide the day
0 8-18/5 * * *       |                     | 2026-11-22T13:00 2026-11-22T18:00 2026-11-23T08:00 | hours of work in steps
0 22/1 * * *         |                     | 2026-11-22T22:00 2026-11-22T23:00 2026-11-23T22:00 | from 22 to the end
*/1 */1 */1 */1 */1  |                     | 2026-11-22T09:12 2026-11-22T09:13 2026-11-22T09:14 | a step of one is a star
0 0 */10 * *         |                     | 2026-12-01T00:00 2026-12-11T00:00 2026-12-21T00:00 | days by steps begin with the first: 1, 11, 21, 31
0 0 2/10 * *         |                     | 2026-12-02T00:00 2026-12-12T00:00 2026-12-22T00:00 | days by steps from the second
0 0 1 */5 *          |                     | 2027-01-01T00:00 2027-06-01T00:00 2027-11-01T00:00 | months by steps: January, June, November
0 0 1 4/4 *          |                     | 2026-12-01T00:00 2027-04-01T00:00 2027-08-01T00:00 | months by steps from April
0 0 * * */3          |                     | 2026-11-25T00:00 2026-11-28T00:00 2026-11-29T00:00 | weekdays by steps: Sunday, Wednesday, Saturday
0 0 * * 1/2          |                     | 2026-11-23T00:00 2026-11-25T00:00 2026-11-27T00:00 | weekdays by steps from Monday
5,10,55 9 * * *      |                     | 2026-11-22T09:55 2026-11-23T09:05 2026-11-23T09:10 | a list
55,5,10,5 9 * * *    |                     | 2026-11-22T09:55 2026-11-23T09:05 2026-11-23T09:10 | a list in any order, with repeats
0-2,58-59 * * * *    |                     | 2026-11-22T09:58 2026-11-22T09:59 2026-11-22T10:00 | a list of ranges
10-10 * * * *        |                     | 2026-11-22T10:10 2026-11-22T11:10 2026-11-22T12:10 | a range of one
1,,2, * * * *        |                     | 2026-11-22T10:01 2026-11-22T10:02 2026-11-22T11:01 | empty places of a list are passed over
007 09 * * *         |                     | 2026-11-23T09:07 2026-11-24T09:07 2026-11-25T09:07 | leading zeros
+7 9 * * *           |                     | 2026-11-23T09:07 2026-11-24T09:07 2026-11-25T09:07 | a plus sign, as Go reads numbers
*-5 0 * * *          |                     | 2026-11-23T00:00 2026-11-23T00:01 2026-11-23T00:02 | what follows a star and a hyphen is not looked at
5,* 12 * * *         |                     | 2026-11-22T12:00 2026-11-22T12:01 2026-11-22T12:02 | a list with a star has everything
0 6 * * *            |                     | 2026-11-23T06:00 2026-11-24T06:00 2026-11-25T06:00 | any white space, also around
0 0 1 JAN *          |                     | 2027-01-01T00:00 2028-01-01T00:00 2029-01-01T00:00 | a month by name
0 0 1 jan-mar *      |                     | 2027-01-01T00:00 2027-02-01T00:00 2027-03-01T00:00 | a range of months, in lower case
0 0 1 Feb,aUg *      |                     | 2027-02-01T00:00 2027-08-01T00:00 2028-02-01T00:00 | a list of months, in any case
0 0 1 JAN-DEC/6 *    |                     | 2027-01-01T00:00 2027-07-01T00:00 2028-01-01T00:00 | a range of months in steps
0 0 1 2-JUN *        |                     | 2027-02-01T00:00 2027-03-01T00:00 2027-04-01T00:00 | a number and a name in one range
0 9 * * MON-FRI      |                     | 2026-11-23T09:00 2026-11-24T09:00 2026-11-25T09:00 | days of work
0 9 * * sat,sun      |                     | 2026-11-28T09:00 2026-11-29T09:00 2026-12-05T09:00 | the weekend
0 9 * * 0            |                     | 2026-11-29T09:00 2026-12-06T09:00 2026-12-13T09:00 | 0 is Sunday
0 9 * * 6            | 2026-11-22T09:00    | 2026-11-28T09:00 2026-12-05T09:00 2026-12-12T09:00 | 6 is Saturday
0 9 * * SUN-SAT/2    |                     | 2026-11-24T09:00 2026-11-26T09:00 2026-11-28T09:00 | a range of weekdays in steps
0 0 31 * *           |                     | 2026-12-31T00:00 2027-01-31T00:00 2027-03-31T00:00 | months without a 31st are passed over
0 0 30 * *           | 2027-01-30T00:00    | 2027-03-30T00:00 2027-04-30T00:00 2027-05-30T00:00 | February has no 30th
0 0 29 2 *           |                     | 2028-02-29T00:00 2032-02-29T00:00 2036-02-29T00:00 | the 29th of February comes in leap years
0 0 29 2 *           | 2096-02-28T12:00    | 2096-02-29T00:00 | 2096 is a leap year
0 0 29 * *           | 2027-02-01T00:00    | 2027-03-29T00:00 2027-04-29T00:00 2027-05-29T00:00 | no 29th of February in 2027
0 0 29 * *           | 2028-02-01T00:00    | 2028-02-29T00:00 2028-03-29T00:00 2028-04-29T00:00 | but in 2028
0 0 28-31 * *        | 2027-02-27T00:00    | 2027-02-28T00:00 2027-03-28T00:00 2027-03-29T00:00 | the last days of a short month
0 0 28-31 * *        | 2028-02-27T00:00    | 2028-02-28T00:00 2028-02-29T00:00 2028-03-28T00:00 | the last days of a leap year's February
0 0 31 1,2 *         |                     | 2027-01-31T00:00 2028-01-31T00:00 2029-01-31T00:00 | one of two months has the day
59 23 31 12 *        |                     | 2026-12-31T23:59 2027-12-31T23:59 2028-12-31T23:59 | the last minute of a year
0 0 1 1 *            | 2026-12-31T23:59:59 | 2027-01-01T00:00 2028-01-01T00:00 2029-01-01T00:00 | the first minute of a year
*/30 * 31 12 *       | 2026-12-31T23:15    | 2026-12-31T23:30 2027-12-31T00:00 2027-12-31T00:30 | from one year's end to the next
30 23 28-31 12 *     | 2026-12-31T23:30    | 2027-12-28T23:30 2027-12-29T23:30 2027-12-30T23:30 | a year's end in the middle of a range
0 0 13 * FRI         |                     | 2026-11-27T00:00 2026-12-04T00:00 2026-12-11T00:00 | both fields of days: either is enough
0 0 1,15 * 3         |                     | 2026-11-25T00:00 2026-12-01T00:00 2026-12-02T00:00 | both fields of days, with a list
0 0 */2 * SUN        |                     | 2026-11-23T00:00 2026-11-25T00:00 2026-11-27T00:00 | a step above one is no star: either is enough
0 0 1 * */2          |                     | 2026-11-24T00:00 2026-11-26T00:00 2026-11-28T00:00 | the same in the other field
0 0 */2 * */3        |                     | 2026-11-23T00:00 2026-11-25T00:00 2026-11-27T00:00 | steps in both fields: either is enough
0 0 ?/2 * MON        |                     | 2026-11-23T00:00 2026-11-25T00:00 2026-11-27T00:00 | the same for a question mark
0 0 */1 * MON        |                     | 2026-11-23T00:00 2026-11-30T00:00 2026-12-07T00:00 | a step of one is a star: the weekday alone counts
0 0 *,15 * MON       |                     | 2026-11-23T00:00 2026-11-30T00:00 2026-12-07T00:00 | a star in a list is a star
0 0 1 * *,3          |                     | 2026-12-01T00:00 2027-01-01T00:00 2027-02-01T00:00 | the same in the other field
0 0 1-31 * MON       |                     | 2026-11-23T00:00 2026-11-24T00:00 2026-11-25T00:00 | all days by number are no star: every day
0 0 1 * 0-6          |                     | 2026-11-23T00:00 2026-11-24T00:00 2026-11-25T00:00 | all weekdays by number are no star: every day
0 0 ? * MON          |                     | 2026-11-23T00:00 2026-11-30T00:00 2026-12-07T00:00 | a question mark leaves the weekday to decide
0 0 1 * ?            |                     | 2026-12-01T00:00 2027-01-01T00:00 2027-02-01T00:00 | and the day of the month
0 0 31 2 MON         |                     | 2027-02-01T00:00 2027-02-08T00:00 2027-02-15T00:00 | a day that never comes, or Mondays in February
0 0 31 4,6 5         | 2026-06-26T00:00    | 2027-04-02T00:00 2027-04-09T00:00 2027-04-16T00:00 | the same over the years
0 12 , * MON         |                     | 2026-11-23T12:00 2026-11-30T12:00 2026-12-07T12:00 | no day of the month at all, or Mondays
0 12 1 * ,           |                     | 2026-12-01T12:00 2027-01-01T12:00 2027-02-01T12:00 | the first, or no weekday at all
@yearly              |                     | 2027-01-01T00:00 2028-01-01T00:00 2029-01-01T00:00 | the 1st of January
@annually            |                     | 2027-01-01T00:00 2028-01-01T00:00 2029-01-01T00:00 | another name for it
@monthly             |                     | 2026-12-01T00:00 2027-01-01T00:00 2027-02-01T00:00 | the 1st of each month
@weekly              |                     | 2026-11-29T00:00 2026-12-06T00:00 2026-12-13T00:00 | Sundays
@daily               |                     | 2026-11-23T00:00 2026-11-24T00:00 2026-11-25T00:00 | midnight
@midnight            |                     | 2026-11-23T00:00 2026-11-24T00:00 2026-11-25T00:00 | another name for it
@hourly              |                     | 2026-11-22T10:00 2026-11-22T11:00 2026-11-22T12:00 | whole hours
@every 12h           |                     | 2026-11-22T21:11:35 2026-11-23T09:11:35 2026-11-23T21:11:35 | from the time asked about, not from midnight
@every 1h30m         |                     | 2026-11-22T10:41:35 2026-11-22T12:11:35 2026-11-22T13:41:35 | a duration of two parts
@every 90s           | 2026-11-22T09:11:35.700 | 2026-11-22T09:13:05 2026-11-22T09:14:35 2026-11-22T09:16:05 | on whole seconds
@every 1500ms        |                     | 2026-11-22T09:11:36 2026-11-22T09:11:37 2026-11-22T09:11:38 | parts of a second are cut off
@every 10ms          |                     | 2026-11-22T09:11:36 2026-11-22T09:11:37 2026-11-22T09:11:38 | a second at least
@every 0             |                     | 2026-11-22T09:11:36 2026-11-22T09:11:37 2026-11-22T09:11:38 | zero is a second
@every -1h           |                     | 2026-11-22T09:11:36 2026-11-22T09:11:37 2026-11-22T09:11:38 | also less than nothing is a second
@every 0.5h          |                     | 2026-11-22T09:41:35 2026-11-22T10:11:35 2026-11-22T10:41:35 | a fraction
@every 1m1us         |                     | 2026-11-22T09:12:35 2026-11-22T09:13:35 2026-11-22T09:14:35 | microseconds are cut off
`;

/** The lines of the table. */
export const scheduleCases: readonly ScheduleCase[] = table
    .trim()
    .split("\n")
    .map((line) => {
        const [text = "", after = "", times = "", why = ""] = line.split("|").map((cell) => cell.trim());
        return { text, after: after === "" ? fixed : `${after}Z`, times: times.split(" "), why };
    });
