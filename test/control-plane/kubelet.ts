// Scheduler and kubelet of a node that is not there: pods are placed, run by our own code, tried again when they fail, and told of.
import { type Api, ApiError, type KubeObject } from "./api.js";
import { runContainer } from "./containers.js";
import type { Ended } from "./importer-pod.js";
import { follow } from "./observe.js";
import { startMetrics } from "./metrics.js";
import { NotThere, prepare } from "./pod.js";
import type { Volumes } from "./volumes.js";
import { makeWorker } from "./worker.js";

/** The back-off between two runs of a container begins here and doubles: a kubelet's 10 seconds and 5 minutes, shortened. */
const firstPause = 250;
const longestPause = 4000;
/** A Job gives its pod up after two restarts, and CDI never asks a second time for a cron's first image: there haste loses it. */
const pauseOfJobs = 2000;

type Tls = Parameters<typeof startMetrics>[0];

/** The node that everything runs on. */
export const nodeName = "test-node";

/** Runs every pod of the cluster until the signal is aborted. */
export function startKubelet(api: Api, volumes: Volumes, tls: Tls, signal: AbortSignal): void {
    const running = new Map<string, AbortController>();
    const over = new Set<string>();
    const confirm = makeWorker("kubelet", signal);
    void follow(api, "/api/v1/pods", signal, {
        seen(pod) {
            const { uid = "", deletionTimestamp } = pod.metadata;
            const { phase } = (pod.status ?? {}) as { phase?: string };
            if (deletionTimestamp !== undefined) {
                running.get(uid)?.abort();
                // A node confirms that a pod's containers are gone; only then is the object. Another one may have its name by then.
                confirm(uid, () => api.remove(pathOf(pod), { uid, gracePeriodSeconds: 0 }).catch(unless("UID in ")));
                return;
            }
            // What is seen may be older than what was told: a pod that has ended is not run once more for it.
            if (phase === "Succeeded" || phase === "Failed" || running.has(uid) || over.has(uid)) return;
            const own = new AbortController();
            running.set(uid, own);
            const both = AbortSignal.any([signal, own.signal]);
            void insist(api, pod, both, () => run(api, volumes, pod, tls, both)).finally(() => {
                running.delete(uid);
                over.add(uid);
            });
        },
        gone(pod) {
            const { uid = "" } = pod.metadata;
            running.get(uid)?.abort();
            over.delete(uid);
        },
    });
}

/** Runs a pod again where that failed by something that passes; how it ends with a pod that has gone is nobody's concern. */
async function insist(api: Api, pod: KubeObject, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (;;) {
        try {
            await work();
            return;
        } catch (thrown) {
            const there = await api.find(pathOf(pod)).catch(() => pod);
            const isMeant = there?.metadata.uid === pod.metadata.uid && there?.metadata.deletionTimestamp === undefined;
            if (signal.aborted || !isMeant) return;
            process.stderr.write(`kubelet: ${pathOf(pod)}, which is run again: ${String(thrown)}\n`);
            await sleep(500, signal).catch(ignore);
        }
    }
}

async function run(api: Api, volumes: Volumes, pod: KubeObject, tls: Tls, signal: AbortSignal): Promise<void> {
    const architecture = await place(api, pod, signal);
    const { containers, restartPolicy } = pod.spec as { containers: { name: string }[]; restartPolicy: string };
    const name = containers[0]?.name ?? "";
    const tell = async (status: object): Promise<void> => {
        signal.throwIfAborted();
        // By its uid: what is told of a pod that is gone is not told of the one that has taken its name.
        await api.patch(`${pathOf(pod)}/status`, { metadata: { uid: pod.metadata.uid }, status });
    };
    const state = (is: object, more: object = {}): object => ({
        ...{ name, image: "test", imageID: "", ready: false, started: false, restartCount: 0, state: is },
        ...more,
    });
    let waiting = "";
    let lastState: object = {};
    const first = restartPolicy === "OnFailure" && name === "cdi-source-update-poller" ? pauseOfJobs : firstPause;
    for (let restartCount = 0, pause = first; ;) {
        let container;
        try {
            container = await prepare(api, volumes, pod, architecture);
        } catch (thrown) {
            if (!(thrown instanceof NotThere)) throw thrown;
            const is = { waiting: { reason: thrown.waiting, message: thrown.message } };
            if (waiting !== thrown.message) await tell({ phase: "Pending", containerStatuses: [state(is)] });
            waiting = thrown.message;
            await sleep(500, signal);
            continue;
        }
        const metrics = await startMetrics(tls, container.env.OWNER_UID ?? "");
        const startedAt = new Date().toISOString().replace(/\.\d+Z/, "Z");
        await tell({
            phase: "Running",
            podIP: metrics.ip,
            podIPs: [{ ip: metrics.ip }],
            hostIP: "127.0.0.1",
            startTime: startedAt,
            conditions: [{ type: "Ready", status: "True" }],
            containerStatuses: [
                state({ running: { startedAt } }, { ready: true, started: true, restartCount, lastState }),
            ],
        });
        const progress = (share: number): void => {
            metrics.tell(share);
        };
        let ended: Ended;
        try {
            ended = await runContainer({ api, pod, container, signal, progress });
        } finally {
            metrics.close();
        }
        const finishedAt = new Date().toISOString().replace(/\.\d+Z/, "Z");
        const { exitCode, message } = ended;
        const reason = exitCode === 0 ? "Completed" : "Error";
        const terminated = { exitCode, reason, message, startedAt, finishedAt };
        const over = exitCode === 0 || restartPolicy === "Never";
        await tell({
            phase: over ? (exitCode === 0 ? "Succeeded" : "Failed") : "Running",
            conditions: [{ type: "Ready", status: "False", reason: over ? "PodCompleted" : "ContainersNotReady" }],
            containerStatuses: [state({ terminated }, { restartCount, lastState })],
        });
        if (over) return;
        await sleep(firstPause, signal);
        lastState = { terminated };
        const backOff = { reason: "CrashLoopBackOff", message: `back-off restarting failed container=${name}` };
        await tell({ containerStatuses: [state({ waiting: backOff }, { restartCount, lastState })] });
        await sleep(pause, signal);
        restartCount++;
        pause = Math.min(pause * 2, longestPause);
    }
}

/** Waits for the pod's claims as a scheduler does, binds the pod to a node, and answers the node's architecture. */
async function place(api: Api, pod: KubeObject, signal: AbortSignal): Promise<string> {
    const { namespace = "" } = pod.metadata;
    const { volumes = [], nodeSelector = {} } = pod.spec as {
        volumes?: { persistentVolumeClaim?: { claimName: string } }[];
        nodeSelector?: Record<string, string>;
    };
    const claims = volumes.flatMap(({ persistentVolumeClaim: claim }) =>
        claim === undefined ? [] : [claim.claimName],
    );
    for (let told = ""; ;) {
        const nodes = await api.list("/api/v1/nodes");
        const node = nodes.find(({ metadata }) => {
            const labels = (metadata.labels ?? {}) as Record<string, string>;
            return Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
        });
        const missing =
            node === undefined
                ? "no node matches the pod's node selector"
                : await waitsFor(api, namespace, claims, node);
        if (missing === undefined && node !== undefined) {
            const { nodeName: given } = pod.spec as { nodeName?: string };
            if (given === undefined) {
                const target = { apiVersion: "v1", kind: "Node", name: node.metadata.name };
                const binding = {
                    apiVersion: "v1",
                    kind: "Binding",
                    // By its uid: another pod may have taken its name meanwhile.
                    metadata: { name: pod.metadata.name, uid: pod.metadata.uid },
                    target,
                };
                await api.create(`${pathOf(pod)}/binding`, binding).catch(unless("already assigned to node"));
            }
            return (node.metadata.labels as Record<string, string>)["kubernetes.io/arch"] ?? "amd64";
        }
        if (missing !== undefined && missing !== told) {
            const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: missing };
            await api.patch(`${pathOf(pod)}/status`, { status: { conditions: [condition] } });
            told = missing;
        }
        await sleep(100, signal);
    }
}

/** Why the pod cannot run yet. A claim that waits for its first consumer is told which node that is. */
async function waitsFor(api: Api, namespace: string, claims: string[], node: KubeObject): Promise<string | undefined> {
    for (const name of claims) {
        const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
        const claim = await api.find(path);
        if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
        const { phase } = (claim.status ?? {}) as { phase?: string };
        if (phase === "Bound") continue;
        const chosen = "volume.kubernetes.io/selected-node";
        const annotations = (claim.metadata.annotations ?? {}) as Record<string, string>;
        const { storageClassName = "" } = claim.spec as { storageClassName?: string };
        const cls = await api.find(`/apis/storage.k8s.io/v1/storageclasses/${storageClassName}`);
        if (cls?.volumeBindingMode === "WaitForFirstConsumer" && annotations[chosen] === undefined) {
            await api.patch(path, { metadata: { annotations: { [chosen]: node.metadata.name } } });
        }
        return `pod has unbound immediate PersistentVolumeClaims: ${name}`;
    }
    return undefined;
}

function pathOf(pod: KubeObject): string {
    return `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/pods/${pod.metadata.name}`;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const end = (): void => {
            clearTimeout(timer);
            reject(signal.reason as Error);
        };
        const timer = setTimeout(() => {
            signal.removeEventListener("abort", end);
            resolve();
        }, milliseconds);
        if (signal.aborted) end();
        else signal.addEventListener("abort", end, { once: true });
    });
}

function ignore(): void {
    // Gone already.
}

/** For a conflict that says that it was done already, as those words tell: an answer was lost, or another pod has the name now. */
function unless(words: string): (thrown: unknown) => void {
    return (thrown) => {
        if (!(thrown instanceof ApiError && thrown.status === 409 && thrown.reason.includes(words))) throw thrown;
    };
}
