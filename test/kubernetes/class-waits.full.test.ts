// The cases of classes that are not said or not there, against real CDI; and what only it has: profiles that know no way to provision.
import assert from "node:assert/strict";
import { describeClassWaits } from "../conformance/class-waits.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { type Web, startWeb } from "../engine/web.js";
import { makeDisk } from "../images/disk.js";
import { afterwards } from "../tools.js";
import { makeCdiBootStage } from "./boot-stage.js";

describe("storage classes by real CDI", function () {
    this.timeout(120_000);
    let plane: ControlPlane;
    let web: Web;
    before(async function () {
        plane = await startControlPlane(this);
        web = await startWeb();
        afterwards(this, () => web.close());
    });
    describeClassWaits("CDI", () => makeCdiBootStage(plane));

    it("a profile that knows no way to provision holds an import up until somebody completes it", async () => {
        const [namespace, name] = [await plane.namespace("profiles"), "without-modes"];
        const remove = await plane.storageClass({ name, provisioner: "storage.example.com" });
        const cdi = "/apis/cdi.kubevirt.io/v1beta1";
        const url = web.serve("/profile.img", makeDisk(1 << 20, { seed: 91 }));
        const volume = `${cdi}/namespaces/${namespace}/datavolumes`;
        await plane.api.create(volume, {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataVolume",
            metadata: { name: "disk", annotations: { "cdi.kubevirt.io/storage.bind.immediate.requested": "true" } },
            spec: {
                source: { http: { url } },
                storage: { storageClassName: name, resources: { requests: { storage: "2Mi" } } },
            },
        });
        const said = await until("CDI tells of it", async () => {
            const events = await plane.api.list(`/api/v1/namespaces/${namespace}/events`);
            return events
                .map(({ reason, message }) => `${String(reason)}: ${String(message)}`)
                .find((one) => one.includes("ErrClaimNotValid"));
        });
        assert.match(said, /StorageProfile|accessMode/i);
        const claim = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/disk`;
        assert.equal(await plane.api.find(claim), undefined, "no claim is made without modes");
        const claimPropertySets = [{ accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem" }];
        await plane.api.patch(`${cdi}/storageprofiles/${name}`, { spec: { claimPropertySets } });
        await until("the import has ended", async () => {
            const { status } = await plane.api.get(`${volume}/disk`);
            return (status as { phase?: string } | undefined)?.phase === "Succeeded";
        });
        assert.deepEqual((await plane.api.get(claim)).spec.accessModes, ["ReadWriteOnce"]);
        await remove();
    });
});
