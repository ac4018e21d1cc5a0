// What CDI's own tests of registry imports ask for and a store can show.
import * as assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { makeContainerdisk, makeIndex, makeOciArchive } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { refOf, useOrders } from "./orders.js";

const disk = makeDisk(2 << 20, { seed: 91 });

describe("CDI's tests of registry imports, in a store", function () {
    this.timeout(60_000);
    const orders = useOrders();
    const { order, settled } = orders;

    it("a containerdisk's environment becomes labels of the claim, under those of the user; both are handed on [C36, C53]", async () => {
        const environment = [
            "INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE=fedora",
            "INSTANCETYPE_KUBEVIRT_IO_DEFAULT_INSTANCETYPE=u1.small",
        ];
        const image = makeContainerdisk(disk, { architecture: undefined, environment });
        const file = path.join(orders.stage.directory, "image.tar");
        writeFileSync(file, makeOciArchive({ v1: image }));
        const mine = { "instancetype.kubevirt.io/default-instancetype": "mine", team: "infra" };
        const spec = { source: { registry: { url: `oci-archive:${file}:v1` } }, storage: {} };
        await order("labelled", spec, { labels: mine, annotations: { note: "kept" } });
        assert.equal((await settled("labelled")).status?.phase, "Succeeded");
        const claim = await orders.stage.cluster.get("PersistentVolumeClaim", refOf("labelled"));
        assert.equal(claim?.metadata.labels?.["instancetype.kubevirt.io/default-preference"], "fedora");
        assert.equal(claim.metadata.labels["instancetype.kubevirt.io/default-instancetype"], "mine");
        assert.equal(claim.metadata.labels["team"], "infra");
        assert.equal(claim.metadata.annotations?.["note"], "kept");
    });

    it("a containerdisk fits into a disk of exactly its size, and not into one a sector smaller [C13]", async () => {
        const file = path.join(orders.stage.directory, "image.tar");
        writeFileSync(file, makeOciArchive({ v1: makeContainerdisk(makeQcow2(disk), { architecture: undefined }) }));
        for (const [name, size, phase] of [
            ["exact", disk.length, "Succeeded"],
            ["small", disk.length - 512, "Failed"],
        ] as const) {
            const source = { registry: { url: `oci-archive:${file}:v1` } };
            await order(name, { source, storage: { resources: { requests: { storage: String(size) } } } });
            assert.equal((await settled(name)).status?.phase, phase, name);
        }
    });

    it("an index without the architecture asked for names the ones that it has [C38]", async () => {
        const file = path.join(orders.stage.directory, "image.tar");
        const index = makeIndex({
            amd64: makeContainerdisk(disk, { architecture: "amd64" }),
            arm64: makeContainerdisk(disk, { architecture: "arm64" }),
        });
        writeFileSync(file, makeOciArchive({ v1: index }));
        const registry = { url: `oci-archive:${file}:v1`, platform: { architecture: "s390x" } };
        await order("missing", { source: { registry }, storage: {} });
        const volume = await settled("missing");
        const { message = "" } = volume.status?.conditions?.find(({ type }) => type === "Running") ?? {};
        assert.match(message, /s390x/);
        assert.match(message, /amd64.*arm64/);
        await order("there", {
            source: { registry: { ...registry, platform: { architecture: "arm64" } } },
            storage: {},
        });
        assert.equal((await settled("there")).status?.phase, "Succeeded");
        assert.ok(readFileSync(path.join(orders.stage.store, "volumes/local/default/there/disk.img")).equals(disk));
    });
});
