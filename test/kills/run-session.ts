// A process to be killed: one update of one resource by the lifecycle itself, as the dynamic provider runs it, without the engine.
import { readFileSync } from "node:fs";
import { Session } from "../../provider/lifecycle/session.js";
import { systemClock } from "../../provider/model/clock.js";

/** What the process is to do: an update from old inputs and state (a replacement), or a first create. */
interface Task {
    readonly store: string;
    readonly args: Record<string, unknown>;
    /** Which class of resource; an image where nothing is said. */
    readonly kind?: "ImportedImage" | "StorageDefault" | "SystemBootSources" | "BootSource";
    /** What a stack configures beside the store. */
    readonly settings?: Readonly<Record<string, string>>;
}

async function main(): Promise<void> {
    const task = JSON.parse(readFileSync(String(process.argv[2]), "utf8")) as Task;
    const over = new AbortController();
    const session = new Session({
        configuration: { ...task.settings, store: task.store },
        directory: task.store,
        clock: systemClock,
        signal: over.signal,
        log: () => undefined,
    });
    const { kind = "ImportedImage" } = task;
    const request = {
        kind,
        urn: "urn:pulumi:s::p::t::disk",
        preview: false,
        olds: {},
        news: task.args,
    } as const;
    const { inputs, failures } = await session.check(request);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const made = await session.create(kind, inputs);
    await session.close();
    process.stdout.write(JSON.stringify(made));
}

void main();
