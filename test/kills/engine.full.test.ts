// kill -9 of the CLI, of the provider, or of both, at random points of throttled imports by the plain `pulumi up`.
import * as assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as path from "node:path";
import { rawDisk, sha256 } from "../engine/disks.js";
import { sha256Of } from "../engine/project.js";
import { type Web, startWeb } from "../engine/web.js";
import { type CliProject, makeCliProject } from "./cli.js";
import { howManyKills } from "./how-many.js";
import { isAlive, providersOf } from "./processes.js";

const kills = howManyKills(24);
const chunk = 64 << 10;

describe("kill -9 during `pulumi up`", function () {
    this.timeout(60 * 60_000);
    let web: Web;
    let project: CliProject;

    before(async function () {
        if (process.platform === "win32") this.skip();
        web = await startWeb();
        project = makeCliProject();
        const made = await project.run(["stack", "init", "test"], "").ended;
        assert.equal(made.code, 0, made.text);
    });
    after(async () => {
        project.remove();
        await web.close();
    });

    /** Serves an image slowly and tells, once so many of its bytes have been sent. */
    const serveSlowly = (name: string, disk: Uint8Array, tellAt: number): { url: string; reached: Promise<void> } => {
        let tell = (): void => undefined;
        const reached = new Promise<void>((resolve) => (tell = resolve));
        const url = web.answer(name, (request, response) => {
            const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "");
            const first = Number(range?.[1] ?? 0);
            const last = Number(range?.[2] || disk.length - 1);
            const headers = { "content-length": last - first + 1, etag: `"${name}"`, "accept-ranges": "bytes" };
            const where = { "content-range": `bytes ${first}-${last}/${disk.length}` };
            response.writeHead(range === null ? 200 : 206, range === null ? headers : { ...headers, ...where });
            let sent = first;
            const next = (): void => {
                if (sent >= tellAt) tell();
                if (request.method === "HEAD" || sent > last || response.destroyed) {
                    response.end();
                    return;
                }
                response.write(disk.subarray(sent, Math.min(sent + chunk, last + 1)));
                sent += chunk;
                setTimeout(next, 10);
            };
            next();
        });
        return { url, reached };
    };

    it(`${kills} times: no disk that is not whole, and the next run succeeds`, async () => {
        const known = new Set<string>();
        const random = seeded(20260101);
        for (let round = 0; round < kills; round++) {
            const disk = rawDisk(`kill-${round}`, 2 << 20);
            known.add(sha256(disk));
            const whom = (["the CLI", "the provider", "both"] as const)[round % 3] ?? "both";
            const at = Math.floor(random() * (disk.length + (256 << 10)));
            const { url, reached } = serveSlowly(`/kill-${round}.img`, disk, Math.min(at, disk.length));
            const story = `round ${round}: ${whom} at ${at} of ${disk.length}`;

            const up = project.run(["up", "--yes", "--skip-preview", "--stack", "test"], url);
            await Promise.race([reached, up.ended]);
            const pid = up.process.pid ?? 0;
            const providers = providersOf(pid);
            if (whom !== "the provider") process.kill(pid, "SIGKILL");
            if (whom !== "the CLI") for (const provider of providers) killQuietly(provider);
            await up.ended;
            await until(() => !providers.some(isAlive), `${story}: the provider ends soon after its engine`);
            for (const found of finalDisks(project.store))
                assert.ok(known.has(sha256Of(found)), `${story}: ${found} is whole`);

            await project.run(["cancel", "--yes", "--stack", "test"], url).ended;
            const next = await project.run(["up", "--yes", "--skip-preview", "--stack", "test"], url).ended;
            assert.equal(next.code, 0, `${story}: the next run succeeds: ${next.text}`);
            const disks = finalDisks(project.store).map(sha256Of);
            assert.deepEqual(disks, [sha256(disk)], `${story}: the new disk is there, and the old one is gone`);
            assert.deepEqual(readdirSync(path.join(project.store, "partial")), [], `${story}: nothing is left`);
        }
    });
});

function finalDisks(store: string): string[] {
    const classes = path.join(store, "volumes", "local", "default");
    return list(classes).flatMap((claim) =>
        list(path.join(classes, claim)).map((name) => path.join(classes, claim, name)),
    );
}

function list(directory: string): string[] {
    try {
        return readdirSync(directory);
    } catch {
        return [];
    }
}

async function until(condition: () => boolean, what: string): Promise<void> {
    for (const deadline = Date.now() + 60_000; !condition();) {
        assert.ok(Date.now() < deadline, what);
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

function killQuietly(pid: number): void {
    try {
        process.kill(pid, "SIGKILL");
    } catch {
        // It has ended by itself.
    }
}

/** A small generator with a seed: a round that fails can be repeated. */
function seeded(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
        return state / 2 ** 32;
    };
}
