// Ten boot sources on CDI while the default class, their schedules and their image change: watched all the time, as far as CDI lets them stay.
import assert from "node:assert/strict";
import * as bootsource from "../../components/index.js";
import type { DataSource } from "../../provider/model/objects.js";
import type { KubeObject } from "../control-plane/api.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { useEngine } from "./fixture.js";
import type { Program } from "./project.js";
import { ok } from "./storage-default-program.js";

/** With a class of their own no default moves them. */
const staying = Array.from({ length: 8 }, (_, index) => `stays-${index}`);
/** These follow the default; CDI removes the image of such a one before it imports it onto the other class. */
const following = ["follows-0", "follows-1"];

describe("a class switch beside ten boot sources on CDI, watched at 10 ms", function () {
    this.timeout(300_000);
    const engine = useEngine();
    const clean: (() => Promise<unknown>)[] = [];
    let plane: ControlPlane;
    let registry: FakeRegistry;
    let namespace: string;

    before(async function () {
        plane = await startControlPlane(this);
        registry = await startFakeRegistry({});
        clean.push(() => registry.close(), await plane.insecureRegistry(registry.host));
        const provisioner = "kubevirt.io.hostpath-provisioner";
        clean.push(await plane.storageClass({ name: "switch-from", provisioner, default: true }));
        clean.push(await plane.storageClass({ name: "switch-to", provisioner }));
        namespace = await plane.namespace("class-switch");
    });
    after(async () => {
        for (const undo of clean.reverse()) await undo();
    });

    const publish = (image: number): string => {
        const disk = makeDisk(1 << 20, { seed: 40 + image });
        const index = makeIndex({ amd64: makeContainerdisk(disk, { architecture: "amd64" }) });
        registry.hold("fedora", "latest", index);
        return index.manifest.digest.slice(7, 19);
    };
    const run = (program: Program) =>
        engine.project.run("up", program, {
            store: null,
            stack: "class-switch",
            config: {
                kubeconfig: { value: plane.kubeconfig, secret: true },
                namespace,
                insecureRegistries: JSON.stringify([registry.host]),
            },
        });
    const program =
        (schedule: string, switched: boolean): Program =>
        () => {
            const made = switched && new bootsource.StorageDefault("vms", { storageClassName: "switch-to" });
            for (const name of [...staying, ...following]) {
                const own = staying.includes(name) ? { storageClassName: "switch-from" } : {};
                const source = { registry: { url: `docker://${registry.host}/fedora:latest` } };
                const args = { source, schedule, updates: "reviewed", storage: { size: "4Mi", ...own } } as const;
                new bootsource.BootSource(name, args, made ? { dependsOn: [made] } : {});
            }
            return Promise.resolve({});
        };
    const sources = (): Promise<KubeObject[]> =>
        plane.api.list(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datasources`);
    const claims = async (): Promise<Map<string, string>> => {
        const all = await plane.api.list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`);
        return new Map(all.map(({ metadata, spec }) => [metadata.name, String(spec.storageClassName)]));
    };
    /** Looks until the work is done; says which DataSources were not ready, or led nowhere for two looks, at any moment. */
    const faultsDuring = async (work: Promise<unknown>): Promise<{ faults: string[]; looks: number }> => {
        const faults = new Set<string>();
        let [looks, done] = [0, false];
        let nowhere = new Set<string>();
        const ended = work.finally(() => (done = true));
        while (!done) {
            const [there, found] = [await claims(), await sources()];
            const lost = new Set<string>();
            for (const name of [...staying, ...following]) {
                const source = found.find(({ metadata }) => metadata.name === name) as DataSource | undefined;
                const ready = source?.status?.conditions?.find(({ type }) => type === "Ready")?.status;
                if (ready !== "True") faults.add(name);
                // Of two questions one is older: what came between them is there at the next look.
                if (!there.has(source?.status?.source?.pvc?.name ?? "")) lost.add(name);
                if (lost.has(name) && nowhere.has(name)) faults.add(name);
            }
            nowhere = lost;
            looks += 1;
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
        await ended;
        return { faults: [...faults].sort(), looks };
    };

    it("those with a class of their own stay ready over a switch, another schedule and a newer image", async () => {
        publish(1);
        ok(await run(program("0 3 1 1 *", false)));
        const scheduled = await faultsDuring(run(program("0 4 1 1 *", false)).then(ok));
        assert.deepEqual(scheduled.faults, [], "their crons are made anew, as CDI forbids to change them");
        const newer = publish(2);
        const updated = await faultsDuring(run(program("0 4 1 1 *", false)).then(ok));
        assert.deepEqual(updated.faults, [], "the image before serves until the newer one is there");
        const switched = await faultsDuring(run(program("0 4 1 1 *", true)).then(ok));
        assert.deepEqual(switched.faults, following, "CDI alone decides about those that follow: not ready meanwhile");
        for (const { looks } of [scheduled, updated, switched]) assert.ok(looks > 50, `looked ${looks} times`);
        const classes = await claims();
        for (const name of [...staying, ...following])
            assert.equal(classes.get(`${name}-${newer}`), name.startsWith("stays") ? "switch-from" : "switch-to", name);
    });
});
