// The races of writers on one list, of a store: each writer is a process, and the list is read from the database's row.
import * as assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { HyperConverged } from "../../provider/model/objects.js";
import { hyperConvergedRef } from "../../provider/rules/system-list.js";
import { type RaceStage, type Writer, describeListRaces } from "../conformance/list-races.js";
import { makeEmbeddedStage } from "./stage.js";

describeListRaces("a store", makeStage, 200);

async function makeStage(): Promise<RaceStage> {
    const stage = makeEmbeddedStage();
    const { store, cluster } = stage;
    await cluster.establish();
    const spec = { workloadSources: { enableCommonBootImageImport: false } };
    await cluster.create("HyperConverged", { metadata: hyperConvergedRef, spec });
    const writers = (["ours", "ours", "ours", "foreign"] as const).map((kind, index) =>
        startWriter(store, `writer${index}`, kind),
    );
    return {
        writers,
        list: () => {
            const database = new DatabaseSync(path.join(store, "store.db"), { readOnly: true });
            try {
                const row = database.prepare("SELECT body FROM objects WHERE kind = 'HyperConverged'").get();
                const { spec: now } = JSON.parse(String(row?.["body"])) as HyperConverged;
                return Promise.resolve(now.workloadSources?.dataImportCronTemplates ?? []);
            } finally {
                database.close();
            }
        },
        close: async () => {
            await Promise.all(writers.map((writer) => writer.end()));
            await stage.close();
        },
    };
}

function startWriter(store: string, name: string, kind: "ours" | "foreign"): Writer & { end(): Promise<unknown> } {
    const child = fork(path.join(__dirname, "race-writer.js"), [store, name, kind], { execArgv: [] });
    const ended = once(child, "exit");
    return {
        name,
        write: async (entries) => {
            const answered = once(child, "message");
            child.send(entries);
            const [said] = (await Promise.race([answered, ended])) as [unknown];
            assert.equal(said, "written", name);
        },
        end: () => {
            child.disconnect();
            return ended;
        },
    };
}
