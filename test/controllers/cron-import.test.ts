// How a cron's import begins: once for each version, and again only where its disk is really lost.
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import * as path from "node:path";
import { bringIn } from "../../provider/controllers/cron-import.js";
import type { ControllerWorld } from "../../provider/controllers/contract.js";
import { systemClock } from "../../provider/model/clock.js";
import { importName } from "../../provider/rules/cron-names.js";
import { makeDisk } from "../images/disk.js";
import { refOf, useOrders } from "./orders.js";

const image = makeDisk(1 << 20, { seed: 3 });
const digest = `sha256:${createHash("sha256").update(image).digest("hex")}`;

describe("the import of a cron", () => {
    const orders = useOrders();

    it("is not begun again where it came in after the imports were listed, and is where its disk is lost", async () => {
        const { stage, order, settled } = orders;
        const { cluster } = stage;
        const source = stage.publish("fedora", image);
        const name = importName("fedora", digest);
        await order(name, { source, storage: {} });
        const { metadata, status } = await settled(name);
        assert.equal(status?.phase, "Succeeded");
        const spec = { template: { spec: { source, storage: {} } }, schedule: "", managedDataSource: "fedora" };
        const cron = await cluster.create("DataImportCron", {
            metadata: { namespace: "default", name: "fedora-image-cron" },
            spec,
        });
        const wanted = { managedDataSource: "fedora", digest, alsoKnownAs: [] };
        const world = { cluster, clock: systemClock } as unknown as ControllerWorld;
        // A list that is older than the import's end.
        const begin = () => bringIn(cron, { wanted, storageClass: "local", origin: undefined }, [], world);
        const disk = path.join(stage.store, "volumes", "local", "default", name, "disk.img");
        const { ino } = statSync(disk);
        assert.equal((await begin()).phase, "Succeeded");
        const same = await cluster.get("DataVolume", refOf(name));
        assert.equal(same?.metadata.resourceVersion, metadata.resourceVersion, "nothing was written");
        assert.equal(statSync(disk).ino, ino, "the very same disk");
        rmSync(disk);
        assert.equal((await begin()).phase, "");
        assert.equal((await settled(name)).status?.phase, "Succeeded");
        assert.ok(statSync(disk).isFile(), "it is there again");
    });
});
