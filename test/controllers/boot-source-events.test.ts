// Anything in any order: after it, a boot source leads to a whole disk of the right image, and nothing is left that should not be.
import * as assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { cronAt, dataSourceAt, importOf, refOf, useBootPlay } from "../conformance/boot-stage.js";
import { makeEmbeddedBootStage } from "../embedded/boot-stage.js";
import { seededRandom } from "../images/disk.js";

const importsToKeep = 2;

describe("a boot source after random events", function () {
    this.timeout(120_000);
    const there = useBootPlay(makeEmbeddedBootStage);

    for (const seed of [1, 2, 3, 4, 5, 6]) {
        it(`is current, whole and tidy (seed ${seed})`, async () => {
            const { stage, play } = there();
            const random = seededRandom(seed);
            const known = new Map<string, number>();
            let [image, digest] = [1, stage.publish(1)];
            known.set(digest, image);
            await play.make({ importsToKeep });
            await play.current(image, digest);
            let storageClass: string | undefined = "plain";
            const tell: string[] = [];
            const events: Readonly<Record<string, () => Promise<void>>> = {
                "new digest": async () => {
                    image += 1;
                    digest = stage.publish(image);
                    known.set(digest, image);
                    await stage.poll(cronAt);
                },
                "other class": async () => {
                    storageClass = storageClass === "plain" ? "fast" : "plain";
                    await play.setDefault(storageClass);
                },
                "other format": () => play.setFormat(random() % 2 === 0 ? "snapshot" : "pvc"),
                "claim deleted": () => stage.cluster.delete("PersistentVolumeClaim", refOf(importOf(digest))),
                "DataSource deleted": () => stage.cluster.delete("DataSource", dataSourceAt),
                "no default": async () => {
                    storageClass = undefined;
                    await play.setDefault(undefined);
                },
                "an earlier digest": async () => {
                    const all = [...known];
                    const [earlier, number] = all[random() % all.length] ?? [digest, image];
                    // Only what is kept can be asked for: the registry holds them all, so the others are downloaded again.
                    [digest, image] = [earlier, number];
                    await play.want(digest);
                },
                "a poll that fails": async () => {
                    stage.behaviour.failures = Array.from({ length: 3 }, () => ({ status: 404 }));
                    await stage.poll(cronAt);
                    stage.behaviour.failures = [];
                },
            };
            const names = Object.keys(events);
            for (let step = 0; step < 12; step += 1) {
                const name = names[random() % names.length] ?? "new digest";
                tell.push(name);
                await events[name]?.();
            }
            if (tell.includes("no default")) await play.setDefault("fast");
            await play.want(digest);
            const source = await play.current(image, digest).catch((error: unknown) => {
                throw new Error(`${tell.join(", ")}: ${String(error)}`);
            });
            assert.ok(source.pvc ?? source.snapshot, tell.join());
            const { store } = stage.world;
            const forms = (room: string): string[] => {
                const at = path.join(store, room);
                const found = existsSync(at) ? readdirSync(at, { recursive: true }).map(String) : [];
                return found
                    .filter((name) => name.endsWith("disk.img"))
                    .map((name) => path.basename(path.dirname(name)));
            };
            await stage.settle(`at most ${importsToKeep} imports are kept after ${tell.join()}`, async () =>
                new Set([...forms("volumes"), ...forms("snapshots")]).size <= importsToKeep ? true : undefined,
            );
            await stage.retire();
            assert.deepEqual(readdirSync(path.join(store, "partial")), [], `nothing is left after ${tell.join()}`);
            const objects = [
                ...(await stage.cluster.list("PersistentVolumeClaim")),
                ...(await stage.cluster.list("VolumeSnapshot")),
            ];
            const files = [...forms("volumes"), ...forms("snapshots")].sort();
            assert.deepEqual(
                objects.map(({ metadata }) => metadata.name).sort(),
                files,
                `each disk is known: ${tell.join()}`,
            );
            assert.deepEqual(stage.world.warnings, []);
        });
    }
});
