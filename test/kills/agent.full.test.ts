// kill -9 of an agent in the middle of an import: no half disk under a final name, and the next agent finishes the job.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { useBootStore } from "../cli/boot-store.js";
import { runAgent } from "../cli/run-agent.js";
import { makeDisk } from "../images/disk.js";
import { type ImageServer, startImageServer } from "../servers/image-server.js";
import { type SlowLink, startSlowLink } from "./slow-link.js";

const size = 6 << 20;
const rounds = 6;

describe("kill -9 of an agent", function () {
    this.timeout(5 * 60_000);
    const store = useBootStore();
    let server: ImageServer;
    let link: SlowLink;
    beforeEach(async () => {
        server = await startImageServer();
        // Some 6 MiB a second: each window is wide.
        link = await startSlowLink(Number(new URL(server.url).port), 64 << 10);
    });
    afterEach(async () => {
        await link.close();
        await server.close();
    });

    it(`${rounds} times, a part further each time: the old image serves, and the next agent brings the new one in`, async () => {
        const at = (round: number): Buffer => Buffer.from(makeDisk(size, { seed: 900 + round }));
        const serve = (round: number): string =>
            server
                .serve("/fedora", { bytes: at(round), etag: `"${round}"` })
                .replace(server.url, `http://127.0.0.1:${link.port}`);
        const url = serve(0);
        await store.makeCron("fedora", { schedule: "@every 1s" }, { http: { url } });
        const start = () => runAgent("--store", store.stage.store);
        const first = start();
        await first.told("repointed");
        assert.equal((await first.stop()).code, 0);
        for (let round = 1; round <= rounds; round += 1) {
            const before = await store.current("fedora");
            serve(round);
            link.passed = 0;
            const killed = start();
            await killed.told("import-begun");
            await link.reached((size * round) / (rounds + 1));
            killed.process.kill("SIGKILL");
            await killed.ended;
            assert.deepEqual(readFileSync(before), at(round - 1), `round ${round}: what was current serves on`);
            const next = start();
            await next.told("repointed");
            assert.equal((await next.stop()).code, 0, `round ${round}`);
            const now = await store.current("fedora");
            assert.deepEqual(readFileSync(now), at(round), `round ${round}: the next agent has finished it`);
            assert.equal(existsSync(join(store.stage.store, "agent.lock")), false, "its lock is free");
        }
    });
});
