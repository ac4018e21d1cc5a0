// The agent over a real cluster with real CDI: it keeps current what CDI does not, with the shipped rights alone, and two of them as one.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { BootSource } from "../../components/index.js";
import type { KubeObject } from "../control-plane/api.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { useEngine } from "../engine/fixture.js";
import type { Program, Ran } from "../engine/project.js";
import { makeDisk } from "../images/disk.js";
import { applyRoles, login } from "../kubernetes/roles.js";
import { afterwards } from "../tools.js";
import { runCommand } from "./run-command.js";
import { type RunningAgent, runAgent } from "./run-agent.js";

const length = 1 << 20;
const diskOf = (image: number): Buffer => makeDisk(length, { seed: 700 + image });
const lastCronTime = "cdi.kubevirt.io/storage.import.lastCronTime";

describe("the agent over a cluster", function () {
    this.timeout(300_000);
    const engine = useEngine();
    const agents: RunningAgent[] = [];
    let plane: ControlPlane;
    let removeClass: () => Promise<void>;
    let namespace: string;
    let directory: string;
    let file: string;

    before(async function () {
        plane = await startControlPlane(this);
        const provisioner = "kubevirt.io.hostpath-provisioner";
        removeClass = await plane.storageClass({ name: "agents", provisioner, default: true });
        afterwards(this, removeClass);
    });
    beforeEach(async () => {
        namespace = await plane.namespace("agents");
        await applyRoles(plane, namespace);
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-agent-cluster-"));
        file = path.join(directory, "kubeconfig");
        writeFileSync(file, await login(plane, namespace, "agent", "bootsource-admin"));
    });
    afterEach(async () => {
        await Promise.all(agents.splice(0).map((agent) => agent.stop("SIGKILL")));
        rmSync(directory, { recursive: true, force: true });
    });

    const named = (): string[] => ["--kubeconfig", file, "--namespace", namespace];
    const start = async (): Promise<RunningAgent> => {
        const agent = runAgent(...named());
        agents.push(agent);
        await agent.told("started");
        return agent;
    };
    const run = (operation: "up" | "preview", program?: Program): Promise<Ran> =>
        engine.project.run(operation, program, { store: null, config: { kubeconfig: file, namespace } });
    const fedora: Program = () => {
        const made = new BootSource("fedora", {
            source: { http: { url: `${engine.web.url}/fedora.img` } },
            schedule: "0 3 1 1 *",
            storage: { size: "4Mi" },
        });
        return Promise.resolve({ ready: made.ready });
    };
    const publish = (image: number): void => void engine.web.serve("/fedora.img", diskOf(image));
    const core = (kind: string, name = ""): string => `/api/v1/namespaces/${namespace}/${kind}${name}`;
    const volumes = (): Promise<readonly unknown[]> =>
        plane.api.list(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datavolumes`);
    const passAYear = async (): Promise<void> => {
        const annotations = { [lastCronTime]: "2020-01-01T00:00:00Z" };
        await plane.api.patch(core("configmaps", "/fedora-image-cron"), { metadata: { annotations } });
    };
    const sum = (disk: Uint8Array): string => createHash("sha256").update(disk).digest("hex");
    const leases = (): Promise<KubeObject[]> =>
        plane.api.list(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`);
    /** Until machines clone that image; what a killed process held is given up after a while. */
    const serves = (image: number): Promise<unknown> => {
        const isServed = async (): Promise<boolean> => {
            const { spec } = await plane.api.get(
                `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datasources/fedora`,
            );
            const { pvc } = (spec as { source: { pvc?: { name: string } } }).source;
            if (pvc === undefined) return false;
            const disk = readFileSync(await plane.contentOf(namespace, pvc.name));
            return sum(disk.subarray(0, length)) === sum(diskOf(image));
        };
        return until(`image ${String(image)} is served`, isServed, { seconds: 120 });
    };

    it("brings in what is newer when its time has come, two of them bring it in once, and one takes the other's place", async () => {
        publish(1);
        const up = await run("up", fedora);
        assert.equal(up.failure, undefined, up.text);
        const [first, second] = [await start(), await start()];
        publish(2);
        await passAYear();
        await serves(2);
        assert.equal((await volumes()).length, 2, "one image was brought in");
        const asked = engine.web.requests.length;
        await passAYear();
        publish(3);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"], "a stack leaves polling to a living agent");
        await serves(3);
        assert.ok(engine.web.requests.length > asked);
        const [lease] = await leases();
        const isLeader = ({ process }: RunningAgent): boolean =>
            String((lease?.spec as { holderIdentity?: string }).holderIdentity).includes(`-${String(process.pid)}-`);
        const [leader, other] = isLeader(first) ? [first, second] : [second, first];
        await leader.stop("SIGKILL");
        publish(4);
        await passAYear();
        await serves(4);
        assert.equal((await other.stop()).code, 0, "a clean end");
        assert.deepEqual(await leases(), [], "nothing is left of either");
    });

    it("goes on when the API server comes back, and status and refresh tell of the cluster what they tell of a store", async () => {
        publish(1);
        assert.equal((await run("up", fedora)).failure, undefined);
        await start();
        await plane.restart();
        publish(2);
        await passAYear();
        await serves(2);
        const status = await runCommand(["status", ...named(), "--json"]);
        const { stores } = JSON.parse(status.stdout) as {
            stores: [{ agent: boolean; sources: [{ name: string; state: string; ready: boolean }] }];
        };
        const [{ agent, sources }] = stores;
        assert.deepEqual(
            [agent, sources.map(({ name, state, ready }) => [name, state, ready])],
            [true, [["fedora", "up-to-date", true]]],
        );
        publish(3);
        const refreshed = await runCommand(["refresh", ...named()]);
        assert.match(refreshed.stdout, /fedora: now version:/, refreshed.stderr);
        await serves(3);
    });
});
