// The engine's part in a test of the lifecycle: one resource's steps in the engine's order, over a session of our own.
import type { Configuration } from "../../provider/connect.js";
import type { Host, Severity } from "../../provider/lifecycle/host.js";
import { type Made, PartialFailure, Session } from "../../provider/lifecycle/session.js";
import { type Clock, systemClock } from "../../provider/model/clock.js";
import type { Data } from "../../provider/resources/contract.js";

/** What the engine keeps of a resource. */
export interface Kept extends Made {
    readonly inputs: Data;
}

/** One run of an engine: a session, and everything that it said. */
export interface Run {
    readonly session: Session;
    readonly said: { severity: Severity; message: string; urn: string }[];
    /** Check in preview; answers the inputs, or the failures as "property: reason" lines. */
    preview(args: Data, kept?: Kept, name?: string): Promise<{ inputs: Data; failures: string[] }>;
    /** Check, diff, create or update as an update does; a replacement is created before the old one is deleted. */
    up(args: Data, kept?: Kept, name?: string): Promise<Kept>;
    /** Ends the run as an engine that goes away does. */
    close(): Promise<void>;
}

/** The URN of a resource of the test's stack. */
export function urnOf(name: string): string {
    return `urn:pulumi:test::project::pulumi-nodejs:dynamic/bootsource:ImportedImage::${name}`;
}

export function startRun(store: string, clock: Clock = systemClock, settings: Omit<Configuration, "store"> = {}): Run {
    const said: Run["said"] = [];
    const over = new AbortController();
    const host: Host = {
        configuration: { ...settings, store },
        directory: store,
        clock,
        signal: over.signal,
        log: (severity, message, urn) => said.push({ severity, message, urn }),
    };
    const session = new Session(host);
    const check = async (
        preview: boolean,
        news: Data,
        olds: Data,
        name: string,
    ): Promise<{ inputs: Data; failures: string[] }> => {
        const answer = await session.check({ kind: "ImportedImage", urn: urnOf(name), preview, olds, news });
        return {
            inputs: answer.inputs,
            failures: answer.failures.map(({ property, reason }) => `${property}: ${reason}`),
        };
    };
    const checked = async (news: Data, olds: Data, name: string): Promise<Data> => {
        const { inputs, failures } = await check(false, news, olds, name);
        if (failures.length > 0) throw new Error(failures.join("; "));
        return inputs;
    };
    return {
        session,
        said,
        preview: (args, kept, name = "disk") => check(true, args, kept?.inputs ?? {}, name),
        up: async (args, kept, name = "disk") => {
            const inputs = await checked(args, kept?.inputs ?? {}, name);
            if (kept === undefined) return { ...(await session.create("ImportedImage", inputs)), inputs };
            if (session.diff("ImportedImage", kept.state, inputs).replaces.length === 0) {
                return { ...(await session.update("ImportedImage", kept.state, inputs)), inputs };
            }
            const again = await checked(args, {}, name);
            const made = await session.create("ImportedImage", again);
            await session.delete("ImportedImage", kept.state);
            return { ...made, inputs: again };
        },
        close: async () => {
            over.abort();
            await session.close();
        },
    };
}

/** What the engine would keep of a create that got somewhere and then failed; rethrows anything else. */
export async function partOf(promise: Promise<unknown>): Promise<PartialFailure> {
    try {
        await promise;
    } catch (error) {
        if (error instanceof PartialFailure) return error;
        throw error;
    }
    throw new Error("it did not fail");
}
