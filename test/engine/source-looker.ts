// A process that looks at a store's DataSources every 10 ms, as rows of its database and as links on its disk, until it is told to stop.
import { statSync } from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DataSource } from "../../provider/model/objects.js";

/** What it has seen. */
export interface Looks {
    readonly times: number;
    /** The longest time from one look to the next, in milliseconds. */
    readonly longest: number;
    /** Each fault once: a DataSource, and what was wrong with it. */
    readonly faults: readonly string[];
    /** What each led to, in its order. */
    readonly ways: Readonly<Record<string, readonly string[]>>;
}

const store = String(process.argv[2]);
const database = new DatabaseSync(path.join(store, "store.db"), { readOnly: true });
database.exec("PRAGMA busy_timeout = 10000");
const statement = database.prepare("SELECT body FROM objects WHERE kind = 'DataSource' ORDER BY name");
const expected = rows().map(({ metadata }) => metadata.name);
const faults = new Set<string>();
const ways: Record<string, string[]> = {};
let [times, longest, last] = [0, 0, performance.now()];

const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    times += 1;
    const found = rows();
    for (const name of expected) {
        const source = found.find(({ metadata }) => metadata.name === name);
        const ready = source?.status?.conditions?.find(({ type }) => type === "Ready");
        if (ready?.status !== "True") faults.add(`${name} is not ready: ${ready?.message ?? "gone"}`);
        const link = path.join(store, "sources", source?.metadata.namespace ?? "", `${name}.img`);
        if ((statSync(link, { throwIfNoEntry: false })?.size ?? 0) === 0) faults.add(`${name}: its link leads nowhere`);
        const way = JSON.stringify(source?.status?.source);
        const before = (ways[name] ??= []);
        if (before.at(-1) !== way) before.push(way);
    }
}, 10);

process.once("message", () => {
    clearInterval(timer);
    database.close();
    const seen: Looks = { times, longest, faults: [...faults], ways };
    process.send?.(seen, () => process.disconnect());
});
process.send?.("looking");

function rows(): DataSource[] {
    return statement.all().map(({ body }) => JSON.parse(String(body)) as DataSource);
}
