// kill -9 of one run of `pulumi up` on a cluster, at one of its requests to the API server.
import * as assert from "node:assert/strict";
import { until } from "../control-plane/until.js";
import type { UnrulyApi } from "../kubernetes/unruly-api.js";
import type { ClusterProject } from "./cluster-project.js";
import { isAlive, providersOf } from "./processes.js";

/** Who is killed, in turn. */
export const victims = ["the CLI", "the provider", "both"] as const;

/** Which request, from 1; before the server sees it or once it has done it. */
export interface KillAt {
    readonly who: (typeof victims)[number];
    readonly when: "cut before" | "cut after";
    readonly at: number;
}

/** Resolves with false where the run came to its end before; the API is as it was afterwards, and the stack not locked. */
export async function killedAtRequest<Wish extends object>(
    { api, project }: { readonly api: UnrulyApi; readonly project: ClusterProject<Wish> },
    wish: Wish,
    { who, when, at }: KillAt,
): Promise<boolean> {
    const up = project.run(["up", "--yes", "--skip-preview"], wish);
    let killing: Promise<void> | undefined;
    const kill = async (): Promise<void> => {
        const pid = up.process.pid ?? 0;
        const providers = providersOf(pid);
        const marked = [...(who === "the provider" ? [] : [pid]), ...(who === "the CLI" ? [] : providers)];
        for (const one of marked) killQuietly(one);
        await up.ended;
        await until("the provider ends with its engine", () => !providers.some(isAlive));
    };
    api.decide(({ number }) => {
        if (number < at) return "pass";
        // What a run that is to die still asks for comes to nothing.
        if (number > at) return "cut before";
        killing ??= kill();
        return when;
    });
    const { code, text } = await up.ended;
    await killing;
    api.decide();
    if (killing === undefined && code === 0) return false;
    assert.ok(killing !== undefined, `it failed by itself: ${text}`);
    if (who !== "the provider") project.unlock();
    return true;
}

function killQuietly(pid: number): void {
    try {
        process.kill(pid, "SIGKILL");
    } catch {
        // It has ended by itself.
    }
}
