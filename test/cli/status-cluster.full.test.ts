// bootsource status of a real cluster with real CDI: several contexts at once, a dead one among them, with few rights and with all, and the platform's list.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { systemNamespace } from "../../provider/rules/system-list.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { type PlayedPlatform, playPlatform } from "../control-plane/hyperconverged.js";
import { until } from "../control-plane/until.js";
import { makeContainerdisk } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { applyRoles, login } from "../kubernetes/roles.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { requireTool } from "../tools.js";
import { type Ended, runCommand } from "./run-command.js";

/** What `--json` prints, as far as it is looked at. */
interface Told {
    readonly stale: boolean;
    readonly stores: readonly Place[];
}
interface Place {
    readonly store: string;
    readonly context: string | null;
    readonly namespace: string | null;
    readonly error: { readonly code: string; readonly message: string } | null;
    readonly sources: readonly Record<string, unknown>[];
    readonly storageClasses: readonly Record<string, unknown>[];
    readonly unseen: readonly { readonly kind: string; readonly only: readonly string[]; readonly reason: string }[];
    readonly hyperConverged: {
        readonly switchedOn: boolean;
        readonly templates: readonly { status: unknown }[];
    } | null;
}

interface Kubeconfig {
    readonly contexts: { name: string; context: Record<string, string> }[];
    readonly clusters: { name: string; cluster: Record<string, string> }[];
    readonly users: { name: string; user: unknown }[];
}

describe("bootsource status of a cluster", function () {
    this.timeout(300_000);
    const clean: (() => unknown)[] = [];
    let plane: ControlPlane;
    let registry: Registry;
    let directory: string;
    let file: string;
    let [east, west] = ["", ""];

    before(async function () {
        plane = await startControlPlane(this);
        registry = await startRegistry(requireTool(this, "docker-registry"));
        clean.push(() => registry.close());
        await registry.push(
            "fedora",
            "latest",
            makeContainerdisk(makeDisk(1 << 20, { seed: 91 }), { architecture: "amd64" }),
        );
        clean.push(
            await plane.insecureRegistry(registry.host),
            await plane.storageClass({ name: "shown", provisioner: "kubevirt.io.hostpath-provisioner", default: true }),
        );
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-status-"));
        clean.push(() => {
            rmSync(directory, { recursive: true, force: true });
        });
        file = path.join(directory, "kubeconfig");
        [east, west] = [await plane.namespace("east"), await plane.namespace("west")];
        const readers = await Promise.all(
            [east, west].map(async (namespace) => {
                await applyRoles(plane, namespace);
                return [namespace, await login(plane, namespace, "reader", "bootsource-preview")] as const;
            }),
        );
        writeFileSync(file, JSON.stringify(joined([...readers, ["admin", plane.kubeconfig]])));
        const apiVersion = "cdi.kubevirt.io/v1beta1";
        const cron = { apiVersion, kind: "DataImportCron", ...cronOf("fedora") };
        await plane.api.create(cdi(east, "dataimportcrons"), cron);
        const source = { pvc: { namespace: west, name: "gone" } };
        const dead = { apiVersion, kind: "DataSource", metadata: { name: "dead" }, spec: { source } };
        await plane.api.create(cdi(west, "datasources"), dead);
        await until("CDI has looked at both", async () => {
            const [{ status: ready }, { status: dead }] = [
                (await plane.api.find(`${cdi(east, "datasources")}/fedora`)) ?? {},
                await plane.api.get(`${cdi(west, "datasources")}/dead`),
            ] as [{ status?: unknown }, { status?: unknown }];
            return saysReady(ready) === "True" && saysReady(dead) === "False";
        });
    });
    after(async () => {
        for (const remove of clean.reverse()) await remove();
    });

    const cdi = (namespace: string, kind: string): string =>
        `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${kind}`;
    const cronOf = (name: string) => ({
        metadata: { name: `${name}-image-cron` },
        spec: {
            schedule: "0 3 1 1 *",
            garbageCollect: "Outdated" as const,
            managedDataSource: name,
            template: {
                spec: {
                    source: { registry: { url: `docker://${registry.host}/${name}:latest` } },
                    storage: { resources: { requests: { storage: "4Mi" } } },
                },
            },
        },
    });
    /** One kubeconfig with a context for each reader, and one that leads nowhere. */
    const joined = (readers: readonly (readonly [string, string])[]): Kubeconfig => {
        const parts = readers.map(([name, text]) => {
            const { clusters, users } = JSON.parse(text) as Kubeconfig;
            return { name, cluster: clusters[0]?.cluster ?? {}, user: users[0]?.user };
        });
        const dead = { name: "dead", cluster: { server: "https://127.0.0.1:1" }, user: {} };
        const all = [...parts, dead];
        return {
            contexts: all.map(({ name }) => ({ name, context: { cluster: name, user: name, namespace: name } })),
            clusters: all.map(({ name, cluster }) => ({ name, cluster })),
            users: all.map(({ name, user }) => ({ name, user })),
        };
    };
    const status = (...flags: string[]): Promise<Ended> => runCommand(["status", "--kubeconfig", file, ...flags]);
    const told = async (...flags: string[]): Promise<{ code: number | null; places: readonly Place[] }> => {
        const { code, stdout, stderr } = await status("--json", ...flags);
        assert.notEqual(stdout, "", stderr);
        return { code, places: (JSON.parse(stdout) as Told).stores };
    };
    const namesOf = (place: Place | undefined): string[] =>
        (place?.sources ?? []).map(({ namespace, name }) => `${String(namespace)}/${String(name)}`);

    it("shows several contexts at once, and a dead one hides no living one [A63, A64]", async () => {
        const { code, places } = await told("--context", east, "--context", west, "--context", "dead");
        assert.equal(code, 1);
        const [first, second, dead] = places;
        assert.deepEqual(
            places.map(({ store, context }) => [store, context]),
            [east, west, "dead"].map((name) => [name, name]),
        );
        assert.deepEqual([namesOf(first), namesOf(second)], [[`${east}/fedora`], [`${west}/dead`]]);
        const { state, ready, format, storageClass, origin, stale } = first?.sources[0] ?? {};
        assert.deepEqual(
            { state, ready, format, storageClass, origin, stale },
            { state: "up-to-date", ready: true, format: "pvc", storageClass: "shown", origin: "custom", stale: null },
        );
        assert.deepEqual(second?.sources[0]?.["stale"], "not-ready");
        assert.deepEqual([first?.error, second.error, dead?.error?.code], [null, null, "unreachable"]);
        const shown = first?.storageClasses.find(({ name }) => name === "shown");
        assert.equal(shown?.["sourceFormat"], "pvc");
        const { stdout, stderr } = await status("--context", east, "--context", "dead");
        assert.match(stdout, new RegExp(`^${east}\\nNAME +STATUS.*\\n${east}/fedora +up to date`));
        assert.match(stdout, /\n\ndead\ncannot .* cannot be reached: /);
        assert.match(stderr, /not every boot source is current: dead cannot be read/);
    });

    it("says what a reader of one namespace could not see, and shows the rest", async () => {
        const { places } = await told("--context", east);
        const unseen = new Map(places[0]?.unseen.map((one) => [one.kind, one]));
        assert.deepEqual(unseen.get("DataImportCron")?.only, [east]);
        assert.match(unseen.get("DataImportCron")?.reason ?? "", /^cannot list dataimportcrons: .*bootsource-preview/);
        assert.ok(!unseen.has("StorageClass"), "it may see the classes");
        const { stdout, code } = await status("--context", east);
        assert.match(
            stdout.replaceAll(/\s+/g, " "),
            new RegExp(
                `Not seen: ConfigMap, DataImportCron, DataSource, DataVolume: only those of ${east} are shown; cannot`,
            ),
        );
        assert.equal(code, 0, "rights are no fault of boot sources");
    });

    it("shows an administrator all namespaces, or the one that is named; classes with their roles [A43, A45]", async () => {
        const everywhere = await told("--context", "admin");
        assert.deepEqual([everywhere.code, everywhere.places[0]?.namespace], [1, null]);
        const names = namesOf(everywhere.places[0]);
        assert.ok(names.includes(`${east}/fedora`) && names.includes(`${west}/dead`), names.join());
        const kinds = everywhere.places[0]?.unseen.map(({ kind }) => kind);
        assert.deepEqual(
            kinds?.filter((kind) => kind !== "VolumeSnapshotClass" && kind !== "VolumeSnapshot"),
            [],
        );
        const shown = everywhere.places[0]?.storageClasses.find(({ name }) => name === "shown");
        assert.deepEqual([shown?.["virtualizationDefault"], shown?.["clusterDefault"]], [false, true]);
        const named = await told("--context", "admin", "--namespace", east);
        assert.deepEqual(
            [named.code, named.places[0]?.namespace, namesOf(named.places[0])],
            [0, east, [`${east}/fedora`]],
        );
    });

    it("tells the platform's boot sources from others, by its list [A100, A101, A103, A104]", async () => {
        const platform: PlayedPlatform = await playPlatform(plane, { era: "v1", system: [cronOf("fedora")] });
        try {
            const spec = { workloadSources: { dataImportCronTemplates: [cronOf("own")] } };
            await plane.api.patch(platform.path, { spec });
            const list = async (): Promise<Place | undefined> => (await told("--context", "admin")).places[0];
            const isThere = async (): Promise<boolean> => {
                const names = namesOf(await list());
                return ["fedora", "own"].every((name) => names.includes(`${systemNamespace}/${name}`));
            };
            await until("both entries are boot sources", isThere);
            const place = await list();
            const originOf = (namespace: string, name: string): unknown =>
                place?.sources.find((one) => one["namespace"] === namespace && one["name"] === name)?.["origin"];
            assert.equal(originOf(systemNamespace, "fedora"), "system");
            assert.equal(originOf(systemNamespace, "own"), "custom");
            assert.equal(originOf(east, "fedora"), "custom", "a cron of that name elsewhere");
            assert.equal(place?.hyperConverged?.switchedOn, true);
            assert.deepEqual(
                place.hyperConverged.templates.map((one) => one.status),
                [{ commonTemplate: true }, {}],
            );
            const { places } = await told("--context", east);
            assert.match(
                places[0]?.unseen.find(({ kind }) => kind === "HyperConverged")?.reason ?? "",
                /bootsource-system/,
            );
        } finally {
            await platform.stop();
            for (const kind of ["dataimportcrons", "datasources", "datavolumes"]) {
                for (const { metadata } of await plane.api.list(cdi(systemNamespace, kind))) {
                    await plane.api.remove(`${cdi(systemNamespace, kind)}/${metadata.name}`);
                }
            }
        }
    });
});

function saysReady(status: unknown): string | undefined {
    const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
    return conditions.find(({ type }) => type === "Ready")?.status;
}
