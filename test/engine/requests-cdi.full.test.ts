// What stacks of boot sources cost an API server: a law, counted by its own audit log, that no change is to break unseen.
import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { type Counted, type Crowd, makeCrowd } from "./counted.js";
import { useEngine } from "./fixture.js";

/** Crons, DataSources, DataVolumes, claims, snapshots, classes, profiles. */
const kinds = 7;

describe("the requests of boot sources on CDI", function () {
    this.timeout(600_000);
    const engine = useEngine();
    let plane: ControlPlane;
    let crowd: Crowd | undefined;

    before(async function () {
        plane = await startControlPlane(this);
        crowd = await makeCrowd(plane);
    });
    after(() => crowd?.close());

    const isShared = ({ keptLists, milliseconds, by }: Counted): void => {
        assert.ok(keptLists <= 3 + milliseconds / 1000, `${keptLists} lists in ${milliseconds} ms: ${by}`);
    };

    for (const count of [1, 20]) {
        it(`of ${count}: an unchanged preview grows with the kinds alone, an update by what it writes and one read each`, async () => {
            assert.ok(crowd);
            const { program, count: run } = crowd;
            const namespace = await plane.namespace("counted");
            const { project } = engine;
            const preview = (what: string, counted: Counted): void => {
                const { reads, writes, by } = counted;
                isShared(counted);
                assert.equal(writes, 0, `${what} of ${count} writes: ${by}`);
                // Five looks for themselves, then a list.
                assert.ok(reads <= 6 * kinds, `${what} of ${count} reads ${reads} times: ${by}`);
            };
            const update = (what: string, counted: Counted, expected: number): void => {
                const { reads, writes, by } = counted;
                isShared(counted);
                assert.equal(writes, expected, `${what} of ${count} writes: ${by}`);
                assert.ok(reads <= 10 * kinds + writes, `${what} of ${count} reads ${reads} times: ${by}`);
            };
            update("up", await run(project, "up", { namespace, program: program(count) }), count);
            preview("preview", await run(project, "preview", { namespace }));
            preview("refresh", await run(project, "refresh", { namespace }));
            preview("unchanged up", await run(project, "up", { namespace }));
            const changed = await run(project, "up", { namespace, program: program(count, "0 4 1 1 *") });
            // CDI forbids to change a cron: the old one goes, the new one comes.
            update("change", changed, 2 * count);
            update("destroy", await run(project, "destroy", { namespace }), count);
        });
    }
});
