// What an import by CDI would wait for in vain, looked for on a real API server: a warning in preview, an error before anything moves.
import assert from "node:assert/strict";
import { Session } from "../../provider/lifecycle/session.js";
import type { ResourceKind } from "../../provider/lifecycle/registry.js";
import { type Clock, systemClock } from "../../provider/model/clock.js";
import type { CDIConfig } from "../../provider/model/objects.js";
import { cdiNamespace } from "../control-plane/cdi.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { applyRoles, login } from "../kubernetes/roles.js";

// Nobody answers there: what gets so far has passed all looks.
const http = { url: "http://127.0.0.1:9/disk.img" };
const registry = { url: "docker://127.0.0.1:9/disk:latest" };
const storage = { size: "1Gi", storageClassName: "looked-at" };
const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/** Looking again is not waited for. */
const hurried: Clock = {
    now: () => systemClock.now(),
    sleep: (milliseconds, signal) => systemClock.sleep(Math.min(milliseconds, 20), signal),
};

describe("a look before an import by CDI", function () {
    this.timeout(60_000);
    let plane: ControlPlane;
    let namespace: string;
    const clean: (() => Promise<void>)[] = [];

    before(async function () {
        plane = await startControlPlane(this);
        clean.push(await plane.storageClass({ name: "looked-at", provisioner: "kubevirt.io/hostpath-provisioner" }));
        clean.push(await plane.storageClass({ name: "unheard-of", provisioner: "example.com/unheard-of" }));
    });
    after(async () => {
        for (const remove of clean) await remove();
    });
    beforeEach(async () => {
        namespace = await plane.namespace("looks");
    });

    const make = (plural: string, name: string, more: object = {}, where = namespace) =>
        plane.api.create(`/api/v1/namespaces/${where}/${plural}`, { metadata: { name }, ...more });
    const made = async (): Promise<number> => {
        const group = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}`;
        const all = [
            ...(await plane.api.list(`${group}/datavolumes`)),
            ...(await plane.api.list(`${group}/dataimportcrons`)),
        ];
        return all.length;
    };
    /** What a preview warns of, and what the update then fails with: "" where it is accepted. */
    const run = async (
        kind: ResourceKind,
        args: Record<string, unknown>,
        kubeconfig = plane.kubeconfig,
    ): Promise<{ warned: string[]; failed: string; said: string[] }> => {
        const told: string[][] = [];
        let failed = "";
        for (const preview of [true, false]) {
            const said: string[] = [];
            told.push(said);
            const over = new AbortController();
            const session = new Session({
                configuration: { kubeconfig, namespace },
                directory: "/",
                clock: hurried,
                signal: over.signal,
                log: (severity, message) => {
                    if (severity === "warning") said.push(message);
                },
            });
            const request = { kind, urn: `urn:pulumi:s::p::t::disk`, preview, olds: {} };
            const { inputs, failures } = await session.check({
                ...request,
                news: { storage, wait: "accepted", name: "disk", ...args },
            });
            assert.deepEqual(failures, []);
            if (!preview) {
                await session.create(kind, inputs).catch((thrown: unknown) => {
                    failed = thrown instanceof Error ? thrown.message : String(thrown);
                });
            }
            await session.close();
        }
        return { warned: told[0] ?? [], failed, said: told[1] ?? [] };
    };
    const image = (args: Record<string, unknown> = {}, kubeconfig?: string) =>
        run("ImportedImage", { source: { http }, ...args }, kubeconfig);
    const source = (args: Record<string, unknown> = {}) => run("BootSource", { source: { registry }, ...args });
    /** Both say it, and nothing was made. */
    const stops = async (ran: ReturnType<typeof run>, reason: RegExp): Promise<void> => {
        const before = await made();
        const { warned, failed } = await ran;
        assert.match(warned.join("\n"), reason);
        assert.match(failed, /^cannot bring in .*; nothing was moved/);
        assert.match(failed, reason);
        assert.equal(await made(), before);
    };
    const passes = async (ran: ReturnType<typeof run>): Promise<void> => {
        const { failed, warned } = await ran;
        assert.equal(failed, "");
        assert.deepEqual(
            warned.filter((one) => one.includes("the update looks again")),
            [],
        );
        assert.equal(await made(), 1);
    };

    it("finds nothing amiss where all is there", async () => {
        await passes(image());
    });

    it("knows a namespace that is not there", async () => {
        await stops(image({ namespace: "nowhere" }), /there is no namespace nowhere in the cluster/);
    });

    it("knows a Secret that is not there, or lacks what CDI reads of it", async () => {
        const login = { ...http, secretRef: "login" };
        await stops(image({ source: { http: login } }), /secretRef: there is no Secret login in the namespace looks/);
        await make("secrets", "login", { stringData: { username: "me" } });
        await stops(image({ source: { http: login } }), /has no accessKeyId and no secretKey/);
        await make("secrets", "complete", { stringData: { accessKeyId: "me", secretKey: "mine" } });
        await passes(image({ source: { http: { ...http, secretRef: "complete" } } }));
    });

    it("knows a ConfigMap without certificates, and of a registry one whose keys CDI does not read", async () => {
        const by = (certConfigMap: string) => image({ source: { registry: { ...registry, certConfigMap } } });
        await make("configmaps", "empty", { data: { "ca.pem": "nothing" } });
        await stops(by("empty"), /holds no PEM certificate/);
        await make("configmaps", "misnamed", { data: { ca: pem } });
        await stops(by("misnamed"), /whose keys end in \.pem or \.crt/);
        await make("configmaps", "good", { data: { "ca.pem": pem } });
        await passes(by("good"));
    });

    it("knows that CDI polls in its own namespace, and copies no credentials there", async () => {
        const credentials = { stringData: { accessKeyId: "me", secretKey: "mine" } };
        const name = `login-of-${namespace}`;
        const args = { source: { registry: { ...registry, secretRef: name } } };
        await make("secrets", name, credentials);
        await stops(
            source(args),
            new RegExp(`polls by a job of its own in the namespace ${cdiNamespace}.*no Secret ${name}`),
        );
        const { failed } = await source({ ...args, updates: "reviewed" });
        assert.doesNotMatch(failed, /polls by a job/, "who does not poll needs none there");
        await make("secrets", name, credentials, cdiNamespace);
        await passes(source(args));
        await plane.api.remove(`/api/v1/namespaces/${cdiNamespace}/secrets/${name}`);
    });

    it("knows a storage class that is not there", async () => {
        await stops(image({ storage: { size: "1Gi", storageClassName: "fats" } }), /there is no storage class "fats"/);
    });

    it("knows a class whose profile says nothing, unless the arguments say it", async () => {
        const open = { size: "1Gi", storageClassName: "unheard-of" };
        await stops(image({ storage: open }), /StorageProfile has no claimPropertySets; name storage.accessModes/);
        await passes(image({ storage: { ...open, accessModes: ["ReadWriteOnce"] } }));
    });

    it("knows that snapshots need a VolumeSnapshotClass of the driver", async () => {
        const profile = "/apis/cdi.kubevirt.io/v1beta1/storageprofiles/looked-at";
        const keep = async (format: string | null): Promise<void> => {
            await plane.api.patch(profile, { spec: { dataImportCronSourceFormat: format } });
            for (;;) {
                const { status } = await plane.api.get(profile);
                const now = (status as { dataImportCronSourceFormat: string }).dataImportCronSourceFormat;
                if (now === (format ?? "pvc")) return;
                await systemClock.sleep(50);
            }
        };
        await keep("snapshot");
        await stops(source(), /there is no VolumeSnapshotClass of the driver kubevirt\.io\/hostpath-provisioner/);
        const remove = await plane.snapshotClass({ name: "shots", driver: "kubevirt.io/hostpath-provisioner" });
        await passes(source());
        await remove();
        await keep(null);
    });

    const quota = async (hard: Record<string, string>): Promise<void> => {
        const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
        for (const { metadata } of await plane.api.list(path)) await plane.api.remove(`${path}/${metadata.name}`);
        await make("resourcequotas", "room", { spec: { hard } });
        for (;;) {
            const { status } = (await plane.api.get(`${path}/room`)) as unknown as { status?: { used?: object } };
            if (Object.keys(status?.used ?? {}).length > 0) return;
            await systemClock.sleep(50);
        }
    };

    it("counts what a quota leaves against the disk, and against what CDI claims beside it", async () => {
        await quota({ "requests.storage": "512Mi" });
        await stops(image(), /the ResourceQuota room .* leaves 512 MiB of requests\.storage, and the disk takes 1 GiB/);
        await quota({ "looked-at.storageclass.storage.k8s.io/requests.storage": "1000Mi" });
        await stops(image(), /leaves 1000 MiB of looked-at\.storageclass/);
        await quota({ persistentvolumeclaims: "0" });
        await stops(image(), /leaves 0 of persistentvolumeclaims, and the disk takes 1/);
        await quota({ "requests.storage": "2Gi", "unheard-of.storageclass.storage.k8s.io/requests.storage": "1Mi" });
        const { warned, failed, said } = await image();
        assert.equal(failed, "", "it may be enough");
        for (const one of [warned, said])
            assert.match(one.join("\n"), /leaves 2 GiB .*up to 3\.2 GiB with the claims that CDI/);
    });

    it("counts with CDI's own setting of what a file system takes", async () => {
        const group = "/apis/cdi.kubevirt.io/v1beta1";
        const overhead = async (share: string | null): Promise<void> => {
            const config = { filesystemOverhead: { storageClass: { "looked-at": share } } };
            await plane.api.patch(`${group}/cdis/cdi`, { spec: { config } });
            await until("CDI has its setting", async () => {
                const { status } = (await plane.api.get(`${group}/cdiconfigs/config`)) as Pick<CDIConfig, "status">;
                const known = status?.filesystemOverhead?.storageClass?.["looked-at"];
                return share === null ? known !== "0.5" : known === share;
            });
        };
        await quota({ "requests.storage": "2Gi" });
        await overhead("0.5");
        try {
            const block = { storage: { ...storage, volumeMode: "Block" } };
            assert.match((await image(block)).warned.join("\n"), /up to 3 GiB with the claims that CDI/);
            await plane.api.remove(`${group}/namespaces/${namespace}/datavolumes/disk`);
            await until("its claim is gone", async () => {
                const claims = await plane.api.list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`);
                return claims.length === 0;
            });
            assert.match((await image()).warned.join("\n"), /up to 4\.5 GiB with the claims that CDI/);
        } finally {
            await overhead(null);
        }
    });

    it("knows that a volume made by hand serves a class that is not there, or none", async () => {
        for (const storageClassName of [`by-hand-${namespace}`, ""]) {
            const name = `by-hand${storageClassName}`;
            const args = { name, storage: { ...storage, storageClassName, accessModes: ["ReadWriteOnce"] } };
            const none = storageClassName === "" ? /has none that is free/ : /there is no storage class "by-hand-looks/;
            await stops(image(args), none);
            const path = "/api/v1/persistentvolumes";
            const more = { accessModes: ["ReadWriteOnce"], capacity: { storage: "2Gi" } };
            const spec = { storageClassName, ...more, hostPath: { path: "/nowhere" } };
            const volume = `of-${namespace}-${name}`;
            await plane.api.create(path, { metadata: { name: volume }, spec });
            assert.equal((await image(args)).failed, "");
            await plane.api.remove(`${path}/${volume}`);
        }
    });

    it("knows what a LimitRange allows", async () => {
        const limits = [{ type: "PersistentVolumeClaim", max: { storage: "900Mi" }, min: { storage: "1Mi" } }];
        await make("limitranges", "sizes", { spec: { limits } });
        await stops(image(), /the LimitRange sizes .* allows claims of 900 MiB at most, and the disk asks for 1 GiB/);
    });

    it("knows a cron whose name is too long for the CronJob that CDI polls by", async () => {
        await stops(
            source({ name: "a".repeat(44) }),
            /with 44 letters its CronJob's name is too long.*at most 43 letters/,
        );
        await passes(source({ name: "a".repeat(43) }));
    });

    it("knows a DataSource that another cron manages, which CDI would silently leave alone", async () => {
        await plane.api.create(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datasources`, {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataSource",
            metadata: { name: "taken", labels: { "cdi.kubevirt.io/dataImportCron": "another" } },
            spec: { source: {} },
        });
        const { warned, failed } = await source({ managedDataSource: "taken" });
        for (const said of [warned.join("\n"), failed])
            assert.match(said, /managed by the DataImportCron another; set adopt/);
        assert.equal(await made(), 0);
    });

    it("holds nobody up who has no right to look, and says so once", async () => {
        await applyRoles(plane, namespace);
        const kubeconfig = await login(plane, namespace, "half", "bootsource-admin");
        // All but the quotas.
        const roles = `/apis/rbac.authorization.k8s.io/v1/clusterroles/bootsource-admin-${namespace}`;
        const { rules } = (await plane.api.get(roles)) as unknown as { rules: { resources: string[] }[] };
        const kept = rules.filter(({ resources }) => !resources.includes("resourcequotas"));
        await plane.api.patch(roles, { rules: kept });
        const { failed, warned } = await image({}, kubeconfig);
        await plane.api.patch(roles, { rules });
        assert.equal(failed, "");
        assert.equal(
            warned.filter((one) => one.startsWith("ResourceQuotas are not looked at")).length,
            1,
            warned.join("\n"),
        );
    });
});
