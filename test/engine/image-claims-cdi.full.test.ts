// The claims that ImportedImages stand on, by real CDI: file systems and block devices, populators, first consumers, quotas.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ImportedImageArgs } from "../../components/index.js";
import { until } from "../control-plane/until.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { useCluster } from "./cluster-fixture.js";
import { http, image } from "./fixture.js";
import type { Program } from "./project.js";

const disk = makeDisk(3 << 20, { seed: 91 });
const asked = 8 << 20;

describe("the claims of imported images on CDI", function () {
    this.timeout(240_000);
    const provisioner = "kubevirt.io/hostpath-provisioner";
    const on = useCluster("claims", [
        { name: "claims", provisioner },
        { name: "claims-csi", provisioner: "openshift-storage.rbd.csi.ceph.com", csi: true },
        { name: "claims-later", provisioner, binding: "WaitForFirstConsumer" },
    ]);
    const { run } = on;

    beforeEach(() => {
        on.web.serve("/disk.qcow2", makeQcow2(disk));
    });

    const placed = (storageClassName: string, volumeMode: string): Pick<ImportedImageArgs, "storage"> => ({
        storage: { size: "8Mi", storageClassName, volumeMode, accessModes: ["ReadWriteOnce"] },
    });
    const imported = (args: Partial<ImportedImageArgs>): Program =>
        image(http(`${on.web.url}/disk.qcow2`, { name: "disk", ...args }));
    const claim = () => on.plane.api.get(on.core("persistentvolumeclaims", "/disk"));
    const requested = async (): Promise<number> => {
        const { resources } = (await claim()).spec as { resources: { requests: { storage: string } } };
        const [, digits = "", unit = ""] = /^(\d+)(Mi|)$/.exec(resources.requests.storage) ?? [];
        assert.notEqual(digits, "", resources.requests.storage);
        return Number(digits) * (unit === "Mi" ? 1 << 20 : 1);
    };
    const content = async (): Promise<Buffer> => readFileSync(await on.plane.contentOf(on.namespace, "disk"));
    const volume = () => on.plane.api.find(on.cdi("datavolumes", "/disk"));

    for (const [volumeMode, grows] of [
        ["Filesystem", true],
        ["Block", false],
    ] as const) {
        it(`an image comes in with ${volumeMode} volumes, whose claim ${grows ? "has room for a file system beside it" : "is as large as was asked"} [C21, C30, C52]`, async () => {
            const up = await run("up", imported(placed("claims", volumeMode)));
            assert.equal(up.failure, undefined, up.text);
            assert.ok((await content()).subarray(0, disk.length).equals(disk));
            assert.equal((await claim()).spec.volumeMode, volumeMode);
            const size = await requested();
            assert.ok(grows ? size > asked && size < 1.2 * asked : size === asked, String(size));
            const again = await run("preview");
            assert.deepEqual(again.steps["disk"], ["same"], "what CDI adds is no difference");
        });

        it(`a blank disk is made with ${volumeMode} volumes [C20]`, async () => {
            const up = await run("up", image({ name: "disk", source: { blank: {} }, ...placed("claims", volumeMode) }));
            assert.equal(up.failure, undefined, up.text);
            const made = await content();
            assert.ok(made.length > 0 && made.length <= asked && made.every((byte) => byte === 0), String(made.length));
        });
    }

    it("CDI's populator fills claims of a class with a CSI driver, devices too [C31]", async () => {
        for (const volumeMode of ["Filesystem", "Block"]) {
            const up = await run("up", imported(placed("claims-csi", volumeMode)));
            assert.equal(up.failure, undefined, up.text);
            const { dataSourceRef } = (await claim()).spec as { dataSourceRef?: { kind: string } };
            assert.equal(dataSourceRef?.kind, "VolumeImportSource");
            assert.ok((await content()).subarray(0, disk.length).equals(disk));
            await run("destroy");
        }
    });

    it("an archive is unpacked by the populator of a class with a CSI driver [C33]", async () => {
        const bytes = gzipSync(makeTar([{ path: "etc/motd", bytes: Buffer.from("hello\n") }]));
        const url = on.web.serve("/files.tar.gz", bytes);
        const archive = image(
            http(url, { name: "disk", contentType: "archive", ...placed("claims-csi", "Filesystem") }),
        );
        const up = await run("up", archive);
        assert.equal(up.failure, undefined, up.text);
        const { dataSourceRef } = (await claim()).spec as { dataSourceRef?: { kind: string } };
        assert.equal(dataSourceRef?.kind, "VolumeImportSource");
        const unpacked = await on.plane.contentOf(on.namespace, "disk");
        assert.equal(readFileSync(join(unpacked, "etc", "motd"), "utf8"), "hello\n");
    });

    it("nobody has to use the disk first where its class waits for that [C51]", async () => {
        const up = await run("up", imported(placed("claims-later", "Filesystem")));
        assert.equal(up.failure, undefined, up.text);
        assert.ok((await content()).subarray(0, disk.length).equals(disk));
    });

    for (const [what, storageClassName] of [
        ["a class that is no object", "claims-by-hand"],
        ["no class", ""],
    ] as const) {
        it(`an image comes into a volume that somebody made by hand, of ${what} [C33]`, async () => {
            const volumes = "/api/v1/persistentvolumes";
            const names = ["first", "second"].map((one) => `${one}-${storageClassName || "classless"}`);
            const form = { accessModes: ["ReadWriteOnce"], capacity: { storage: "16Mi" } };
            const made = (name: string | undefined = "") =>
                on.plane.api.create(volumes, {
                    metadata: { name },
                    spec: { storageClassName, ...form, hostPath: { path: `/mnt/${name}` } },
                });
            const early = await run("preview", imported(placed(storageClassName, "Filesystem")));
            assert.match(early.text, /has none that is free|there is no storage class "claims-by-hand"/);
            await made(names[0]);
            assert.match(
                (await run("preview")).text,
                /CDI claims scratch space .* one volume alone of that class is free/,
            );
            await made(names[1]);
            assert.doesNotMatch((await run("preview")).text, /none that is free|no storage class|scratch/);
            const up = await run("up");
            assert.equal(up.failure, undefined, up.text);
            assert.ok(names.includes(String((await claim()).spec.volumeName)));
            assert.ok((await content()).subarray(0, disk.length).equals(disk));
            assert.deepEqual((await run("preview")).steps["disk"], ["same"]);
            await run("destroy");
            for (const name of names) await on.plane.api.remove(`${volumes}/${name}`);
        });
    }

    const quotas = () => on.core("resourcequotas");
    const leave = async (storage: string): Promise<void> => {
        const spec = { hard: { "requests.storage": storage } };
        if ((await on.plane.api.find(`${quotas()}/small`)) === undefined) {
            await on.plane.api.create(quotas(), { metadata: { name: "small" }, spec });
        } else await on.plane.api.patch(`${quotas()}/small`, { spec });
        await until(`the quota leaves ${storage}`, async () => {
            const { status } = await on.plane.api.get(`${quotas()}/small`);
            return (status as { hard?: Record<string, string> }).hard?.["requests.storage"] === storage;
        });
    };

    it("a quota without room for the disk is an error before anything is made, until there is room [C25, C26]", async () => {
        await leave("4Mi");
        const full =
            /the ResourceQuota small of the namespace .* leaves 4 MiB of requests.storage, and the disk takes 8 MiB/;
        assert.match((await run("preview", imported(placed("claims", "Block")))).text, full);
        assert.match((await run("up")).failure ?? "", full);
        assert.equal(await volume(), undefined);
        await leave("1Gi");
        const up = await run("up");
        assert.equal(up.failure, undefined, up.text);
        assert.ok((await content()).subarray(0, disk.length).equals(disk));
    });

    it("a quota without room for what CDI claims beside the disk is told, and the image comes in as soon as there is some [C26]", async () => {
        await leave("12Mi");
        const preview = await run("preview", imported(placed("claims-csi", "Block")));
        assert.match(preview.text, /leaves 12 MiB .* up to [0-9.]+ MiB with the claims that CDI makes beside it/);
        const up = run("up");
        // CDI says it in an event alone; the condition Bound goes on to say "Pending".
        await until("CDI was refused its own claim", async () =>
            (await on.plane.api.list(on.core("events"))).some(
                ({ reason, message }) =>
                    reason === "ErrCreatingPVCPrime" && String(message).includes("exceeded quota: small"),
            ),
        );
        await leave("1Gi");
        const done = await up;
        assert.equal(done.failure, undefined, done.text);
        assert.ok((await content()).subarray(0, disk.length).equals(disk));
    });
});
