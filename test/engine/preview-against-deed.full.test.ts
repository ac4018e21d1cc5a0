// Preview against deed: for each change of each resource, what the preview names is what the update does, as others recorded it.
import * as assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { connectStore } from "../../provider/connect.js";
import { systemClock } from "../../provider/model/clock.js";
import { describeBytes } from "../../provider/model/quantity.js";
import { makeDisk } from "../images/disk.js";
import { useEngine } from "./fixture.js";
import { deedsBetween, momentOf } from "./deeds.js";
import { foretoldBy } from "./foretold.js";
import type { Ran } from "./project.js";
import { scenarios, type Site } from "./preview-scenarios.js";
import { ok } from "./storage-default-program.js";
import { shipped } from "./system-program.js";
import { startFakeRegistry, type FakeRegistry } from "../servers/fake-registry.js";
import { imageOf } from "./boot-source-program.js";

const storageClasses = JSON.stringify([
    { name: "plain", defaults: ["cluster"] },
    { name: "thin", snapshot: "overlay" },
]);

describe("what a preview of a store names is what its update does", function () {
    this.timeout(240_000);
    const engine = useEngine();
    let registry: FakeRegistry;
    /** Bytes that the web server gave away, by path; the beginning that says what an image is counts with the rest. */
    const given = new Map<string, number>();
    before(async () => {
        registry = await startFakeRegistry({});
    });
    after(() => registry.close());

    const site = (): Site => ({
        url: (name, seed) => {
            const bytes = Buffer.from(makeDisk(2 << 20, { seed }));
            return engine.web.answer(`/${name}`, (request, response) => {
                const etag = `"${seed}"`;
                const head = {
                    etag,
                    "content-length": bytes.length,
                    "last-modified": new Date(seed * 1e6).toUTCString(),
                };
                response.writeHead(200, head);
                if (request.method === "HEAD") response.end();
                else {
                    given.set(`/${name}`, bytes.length);
                    response.end(bytes);
                }
            });
        },
        file: (name, seed) => {
            const at = path.join(engine.project.directory, name);
            // Written anew it would be another image.
            if (!existsSync(at)) writeFileSync(at, makeDisk(1 << 20, { seed }));
            return `./${name}`;
        },
    });

    const run = (operation: "up" | "preview", program: () => void): Promise<Ran> =>
        engine.project.run(
            operation,
            () => {
                program();
                return Promise.resolve({});
            },
            {
                config: {
                    storageClasses,
                    mirrors: JSON.stringify({ "quay.io": registry.host }),
                    insecureRegistries: JSON.stringify([registry.host]),
                },
            },
        );

    for (const { title, before: first = [], after: change } of scenarios) {
        it(title, async () => {
            for (const [index, name] of shipped.entries()) {
                const [repository = "", tag = "latest"] = name.startsWith("centos")
                    ? ["centos-stream", name.slice(13)]
                    : ["fedora"];
                registry.hold(`containerdisks/${repository}`, tag, imageOf(index));
            }
            const here = site();
            // What the stack declares of its store is there already: it is no deed of a resource.
            const surroundings = { clock: systemClock, warn: () => undefined, directory: engine.project.directory };
            const { cluster } = connectStore({ store: engine.project.store, storageClasses }, surroundings);
            await cluster.establish().finally(() => cluster.close());
            for (const program of first)
                ok(
                    await run("up", () => {
                        program(here, bootsource);
                    }),
                );
            const preview = ok(
                await run("preview", () => {
                    change(here, bootsource);
                }),
            );
            const foretold = foretoldBy(preview);
            assert.deepEqual(foretold.strange, [], "each sentence is one that this test understands");
            const before = momentOf(engine.project.store);
            given.clear();
            ok(
                await run("up", () => {
                    change(here, bootsource);
                }),
            );
            const after = momentOf(engine.project.store);
            const deeds = deedsBetween(before, after);
            const text = `${preview.text}\n${JSON.stringify(deeds, null, 1)}`;

            assert.deepEqual(Object.keys(deeds.repointed).sort(), Object.keys(foretold.repointed).sort(), text);
            for (const [source, told] of Object.entries(foretold.repointed)) {
                const { [source]: is } = deeds.repointed;
                const shown = Object.fromEntries(Object.keys(told).map((key) => [key, is?.[key as keyof typeof is]]));
                assert.deepEqual(shown, told, text);
            }
            // A copy, and what no preview can know the digest of, has no name there: it is what its DataSource leads to.
            const unnamed = Object.entries(deeds.repointed).filter(
                ([source]) => foretold.repointed[source]?.disk === undefined,
            );
            const served = new Set(unnamed.map(([, { disk }]) => disk));
            assert.deepEqual(deeds.came.filter((key) => !served.has(key)).sort(), [...foretold.comes].sort(), text);
            // Of what is replaced Pulumi's own row says that the original is deleted: a disk, or the cron of a boot source.
            const isReplaced = (name: string): boolean => preview.steps[name]?.includes("delete-replaced") === true;
            const replaced = isReplaced("disk") ? [...before.disks.keys()] : [];
            const originals = isReplaced("debian") ? [...before.crons] : [];
            assert.deepEqual([...deeds.went].sort(), [...foretold.goes, ...replaced].sort(), text);
            assert.deepEqual(deeds.grew, foretold.grows, text);
            assert.deepEqual(deeds.entries, foretold.entries, text);
            for (const kept of foretold.stays) assert.ok(after.disks.has(kept) || !before.disks.has(kept), text);
            const { cronsGone, marked, unmarked, profiles, switched } = deeds;
            const { cronsGone: goes, marked: marks, unmarked: clears, profiles: sets, switched: to } = foretold;
            assert.deepEqual(
                { cronsGone: [...cronsGone].sort(), marked, unmarked, profiles: [...profiles].sort(), switched },
                {
                    cronsGone: [...goes, ...originals].sort(),
                    marked: marks,
                    unmarked: clears,
                    profiles: sets.sort(),
                    switched: to,
                },
                text,
            );
            assert.deepEqual([...given.values()].map(describeBytes).sort(), [...foretold.downloads].sort(), text);
            for (const [file, told] of Object.entries(foretold.files))
                assert.equal(told, describeBytes(statSync(path.join(engine.project.directory, file)).size), text);
        });
    }
});
