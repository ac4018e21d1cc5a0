// An agent and a stack over one store: who moves the image, and what happens when both, and a second agent, are at it at once.
import * as assert from "node:assert/strict";
import type * as bootsource from "../../components/index.js";
import { type RunningAgent, runAgent } from "../cli/run-agent.js";
import { diskOf, hashOf, program, toldBy } from "./boot-source-program.js";
import { useEngine } from "./fixture.js";
import { sha256Of } from "./project.js";

describe("an agent and a stack", function () {
    this.timeout(240_000);
    const agents: RunningAgent[] = [];
    // Before the engine's own hook: none may write into a store that is being removed.
    afterEach(async () => {
        await Promise.all(agents.splice(0).map((agent) => agent.stop("SIGKILL")));
    });
    const engine = useEngine();

    const start = (): RunningAgent => {
        const agent = runAgent("--store", engine.project.store, "--log-level", "debug");
        agents.push(agent);
        return agent;
    };
    const publish = (number: number): string => engine.web.serve("/fedora.img", diskOf(number));
    const args = (url: string, more: Partial<bootsource.BootSourceArgs> = {}): bootsource.BootSourceArgs => ({
        source: { http: { url } },
        schedule: "@every 1s",
        ...more,
    });

    it("the agent moves it, and the stack leaves it alone: its previews stay clean", async () => {
        const { project } = engine;
        toldBy(await project.run("up", program(args(publish(70)))));
        const agent = start();
        await agent.told("started");
        publish(71);
        await agent.told("repointed");
        assert.deepEqual((await project.run("preview")).steps["fedora"], ["same"]);
        const refreshed = await project.run("refresh");
        assert.equal(refreshed.failure, undefined);
        const told = toldBy(await project.run("up"));
        assert.equal(sha256Of(told.path), hashOf(diskOf(71)), "what the agent brought in");
        await agent.stop();
        publish(72);
        assert.deepEqual((await project.run("preview")).steps["fedora"], ["update"], "without it the stack asks again");
    });

    it("two agents and an update at once: one agent works, the other one says so, and one image comes in", async () => {
        const { project } = engine;
        toldBy(await project.run("up", program(args(publish(73)))));
        const first = start();
        await first.told("started");
        publish(74);
        const second = start();
        const [update, refused] = await Promise.all([
            project.run("up", program(args(`${engine.web.url}/fedora.img`, { labels: { team: "a" } }))),
            second.ended,
        ]);
        assert.equal(update.failure, undefined, update.failure);
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /another agent, .* does so already/);
        await first.told("repointed");
        const told = toldBy(await project.run("up"));
        assert.equal(sha256Of(told.path), hashOf(diskOf(74)));
        const brought = told.imports.map(({ digest, current }) => [digest, current]);
        assert.deepEqual(
            brought,
            [
                [`sha256:${hashOf(diskOf(74))}`, true],
                [`sha256:${hashOf(diskOf(73))}`, false],
            ],
            "whoever came second joined the first",
        );
    });
});
