// A store, a web server and engine runs for one suite of the lifecycle; all of them end with it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Configuration } from "../../provider/connect.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import type { Data } from "../../provider/resources/contract.js";
import { type Web, startWeb } from "../engine/web.js";
import { type Run, startRun } from "./engine.js";

/** What the tests of a suite share. */
export interface Fixture {
    /** The directory of this test's store; it does not exist yet. */
    readonly store: string;
    readonly web: Web;
    /** A new engine run, as each `pulumi` command is one. */
    readonly run: (settings?: Omit<Configuration, "store">) => Run;
    /** The store as somebody else sees it. */
    readonly look: <T>(ask: (cluster: EmbeddedCluster) => Promise<T>) => Promise<T>;
}

export function useLifecycle(): Fixture {
    let directory = "";
    let web: Web | undefined;
    const runs: Run[] = [];
    const store = (): string => path.join(directory, "store");
    before(async () => {
        web = await startWeb();
    });
    after(() => web?.close());
    beforeEach(() => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-lifecycle-"));
    });
    afterEach(async () => {
        for (const run of runs.splice(0)) await run.close();
        rmSync(directory, { recursive: true, force: true });
    });
    return {
        get store(): string {
            return store();
        },
        get web(): Web {
            if (web === undefined) throw new Error("the suite has not begun");
            return web;
        },
        run: (settings) => {
            const started = startRun(store(), systemClock, settings);
            runs.push(started);
            return started;
        },
        look: async (ask) => {
            const cluster = new EmbeddedCluster(store(), { clock: systemClock, warn: () => undefined });
            return ask(cluster).finally(() => cluster.close());
        },
    };
}

/** The arguments of an image behind a URL. */
export function http(url: string, more: Data = {}): Data {
    return { source: { http: { url } }, ...more };
}
