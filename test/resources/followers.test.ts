// Whether a boot source has arrived on a storage class: its DataSource leads there, and what was to go for it is gone.
import * as assert from "node:assert/strict";
import { conditionOf, setConditions } from "../../provider/model/conditions.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { systemClock } from "../../provider/model/clock.js";
import { followersOf, hasArrived, lookAtStorage } from "../../provider/resources/followers.js";
import { upToDate } from "../../provider/rules/cron-conditions.js";
import { type EmbeddedStage, makeEmbeddedStage } from "../embedded/stage.js";

describe("a boot source on its way to a storage class", function () {
    this.timeout(60_000);
    let stage: EmbeddedStage;
    beforeEach(() => {
        stage = makeEmbeddedStage();
    });
    afterEach(() => stage.close());

    it("has not arrived before its cron has cleaned up, although machines are given the new image", async () => {
        const { cluster } = stage;
        const at = { namespace: "default", name: "disk-image-cron" };
        await cluster.create("DataImportCron", {
            metadata: at,
            spec: {
                template: { spec: { source: stage.publish("disk", Buffer.alloc(1 << 20, 7)), storage: {} } },
                ...{ schedule: "@every 1h", managedDataSource: "disk" },
            },
        });
        const ending = new AbortController();
        const agent = cluster.work(ending.signal);
        const cron = await waitFor(
            cluster,
            "DataImportCron",
            at,
            (one) => (conditionOf(one, "UpToDate")?.status === "True" ? one : undefined),
            AbortSignal.timeout(30_000),
        );
        ending.abort();
        await agent;
        const [storageClass] = (await lookAtStorage(cluster)).classes;
        const [follower] = await followersOf(String(storageClass?.metadata.name), [cron], await lookAtStorage(cluster));
        assert.ok(follower);
        assert.equal(await hasArrived(follower, cluster), true);
        const say = (UpToDate: (typeof upToDate)["yes" | "snapshotting"]) =>
            cluster.update("DataImportCron", at, (one) => setConditions(one, systemClock, { UpToDate }), "status");
        await say(upToDate.snapshotting);
        assert.equal(await hasArrived(follower, cluster), false);
        await say(upToDate.yes);
        assert.equal(await hasArrived(follower, cluster), true);
    });
});
