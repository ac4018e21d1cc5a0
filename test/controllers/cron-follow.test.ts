// A cron whose DataSource was pointed to its image by a process that was killed before the status followed: the next one goes on.
import * as assert from "node:assert/strict";
import { conditionOf } from "../../provider/model/conditions.js";
import { cronAt, dataSourceAt, useBootPlay } from "../conformance/boot-stage.js";
import { makeEmbeddedBootStage } from "../embedded/boot-stage.js";

describe("a DataSource whose status has not followed", () => {
    const there = useBootPlay(makeEmbeddedBootStage);

    it("is looked at by whoever works on its cron, though nothing of it changes any more", async () => {
        const { stage, play } = there();
        const digest = stage.publish(1);
        await play.make();
        const source = await play.current(1, digest);
        await stage.retire();
        // As the killed one left it: the spec leads to the image, the status to nothing.
        await stage.cluster.update(
            "DataSource",
            dataSourceAt,
            (current) => {
                current.status = {
                    source: {},
                    conditions: (current.status?.conditions ?? []).map((one) => ({ ...one, status: "False" })),
                };
            },
            "status",
        );
        const next = stage.world.open();
        next.drive("DataImportCron", cronAt);
        const found = await stage.settle("the DataSource is ready again", async () => {
            const now = await play.dataSource();
            return conditionOf(now, "Ready")?.status === "True" ? now : undefined;
        });
        assert.deepEqual(found.status?.source, source);
        await next.close();
    });
});
