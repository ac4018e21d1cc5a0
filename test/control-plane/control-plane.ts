// A real Kubernetes API for the tests: etcd, kube-apiserver and kube-controller-manager on the loopback interface, one for all suites.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "mocha";
import { makeApi, type Api } from "./api.js";
import { readAudit, type Audit } from "./audit.js";
import { announceUploadProxy, startCdi } from "./cdi.js";
import { applyCrds } from "./crds.js";
import { makeKubeconfig } from "./kubeconfig.js";
import { stopWhatWorks, whatWorks } from "./leftovers.js";
import { startNodes, type Nodes } from "./nodes.js";
import { startProcesses, type Processes } from "./processes.js";
import { requireKubeVirtCrds, requirePrograms, type Programs } from "./programs.js";
import { makeSettings, type Settings } from "./settings.js";
import { describeSituation } from "./situation.js";
import { afterwards } from "../tools.js";
import { startUploadProxy } from "./upload-proxy.js";
import { explainWaits, Hopeless, until } from "./until.js";

/** A running control plane. */
export interface ControlPlane extends Audit, Nodes {
    /** "https://127.0.0.1:port". */
    readonly url: string;
    /** PEM. */
    readonly ca: string;
    /** Where everything lies that it wrote: logs ("kube-apiserver.log"), settings, volumes. */
    readonly directory: string;
    /** The administrator's, as text; the user is called "admin". */
    readonly kubeconfig: string;
    readonly adminToken: string;
    /** The harness's own client, whose requests are not among `requests()`. */
    readonly api: Api;
    /** The kubeconfig of whoever holds a token. */
    kubeconfigFor(token: string): string;
    /** Makes a service account and answers a token of it; it may do nothing until a test binds roles to it. */
    serviceAccount(namespace: string, name: string): Promise<string>;
    /** A new namespace for a test file. */
    namespace(prefix?: string): Promise<string>;
    /** Ends the API server as a crash would; what it held is in etcd. */
    stopApiServer(): Promise<void>;
    /** Starts it again, on the same port, and waits until it is ready. */
    startApiServer(): Promise<void>;
    /** Both. */
    restart(): Promise<void>;
    /** Ends CDI's controller for good: what is written is kept, and nothing comes of it. */
    stopCdi(): Promise<void>;
    /** The last lines that a server wrote ("kube-apiserver", ...). */
    log(name: string): string;
}

interface Running {
    readonly plane: ControlPlane;
    readonly end: () => Promise<void>;
}

let running: Promise<Running> | undefined;

/**
 * The control plane of this process: started by the first suite that asks, in its `before`; stopped after the last suite. Where its
 * programs cannot be had the suite is skipped. KubeVirt's CRDs are there for the suites that ask for them, and from then on. What a
 * suite made and left at work is ended behind it.
 */
export async function startControlPlane(
    context: Context,
    { crds = [] }: { readonly crds?: readonly "kubevirt"[] } = {},
): Promise<ControlPlane> {
    const programs = await requirePrograms(context);
    const more = crds.includes("kubevirt") ? [await requireKubeVirtCrds(context)] : [];
    const plane = await shared(programs);
    await applyCrds(plane.api, more);
    const before = await whatWorks(plane.api);
    afterwards(context, () => stopWhatWorks(plane.api, before));
    return plane;
}

/**
 * A control plane for one suite alone, which looks at everything in it: what other suites left would be moved, or made again, by the
 * changes of such a suite. Started in its `before`, stopped after its last test.
 */
export async function startOwnControlPlane(context: Context): Promise<ControlPlane> {
    const { plane, end } = await startOnFreePorts(await requirePrograms(context));
    afterwards(context, end);
    explainWaits(() => situationOf(plane));
    return plane;
}

function situationOf(plane: ControlPlane): Promise<string> {
    const names = ["kube-controller-manager", "cdi-controller"];
    return describeSituation(plane.api, Object.fromEntries(names.map((name) => [name, plane.log(name)])));
}

/** For a program beside mocha: it has no suite that could be skipped, and fails where something is missing. */
export async function startControlPlaneOfProgram(): Promise<ControlPlane> {
    const standIn = {
        timeout: () => undefined,
        skip: () => {
            throw new Error("cannot start a control plane: one of its programs is missing, see above");
        },
    };
    return shared(await requirePrograms(standIn as unknown as Context));
}

async function shared(programs: Programs): Promise<ControlPlane> {
    running ??= startOnFreePorts(programs);
    const { plane } = await running;
    explainWaits(() => situationOf(plane));
    return plane;
}

/** For whoever has no root hook: a program beside mocha. */
export async function stopControlPlane(): Promise<void> {
    // Where it did not start, the suite has said so, and nothing is left.
    const there = await running?.catch(() => undefined);
    running = undefined;
    await there?.end();
}

// A root hook, wherever mocha loads this file from. In a lane of its own it would run after the first file that asks, and never
// again; there the supervisor ends everything when the lane does.
if (typeof after === "function" && process.env["MOCHA_WORKER_ID"] === undefined) {
    after(async function () {
        this.timeout(60_000);
        await stopControlPlane();
    });
}

/** Between the choice of a port and its use somebody else may have taken it: then others are chosen. */
async function startOnFreePorts(programs: Programs): Promise<Running> {
    for (let tries = 1; ; tries++) {
        try {
            return await start(programs);
        } catch (thrown) {
            if (tries === 3 || !(thrown instanceof Hopeless)) throw thrown;
        }
    }
}

async function start(programs: Programs): Promise<Running> {
    const processes = startProcesses();
    try {
        const settings = await makeSettings(processes.directory, programs);
        const { url, ca, tokens } = settings;
        const api = makeApi({ url, ca, token: tokens.harness });
        await processes.start(settings.etcd);
        await startApiServer(processes, settings, api);
        await processes.start(settings.controllerManager);
        await applyCrds(api, [
            ...["volumesnapshots", "volumesnapshotcontents", "volumesnapshotclasses"].map((name) =>
                readFileSync(join(programs.snapshots, `${name}.yaml`), "utf8"),
            ),
            readFileSync(join(programs.cdi, "crds.yaml"), "utf8"),
        ]);
        await startCdi(processes, settings, programs, api);
        const tls = { key: readFileSync(settings.keyFile, "utf8"), cert: readFileSync(settings.certFile, "utf8") };
        const ending = new AbortController();
        const kubelet = makeApi({ url, ca, token: tokens.kubelet, userAgent: "kubelet", patient: true });
        await announceUploadProxy(api, await startUploadProxy(kubelet, tls, ending.signal));
        const nodes = await startNodes(kubelet, join(processes.directory, "storage"), tls, ending.signal);
        return {
            plane: { ...describe(settings, processes, api), ...nodes },
            async end() {
                ending.abort();
                api.close();
                kubelet.close();
                await processes.end();
            },
        };
    } catch (thrown) {
        await processes.end();
        throw thrown;
    }
}

function describe(settings: Settings, processes: Processes, api: Api): Omit<ControlPlane, keyof Nodes> {
    const { url, ca, tokens } = settings;
    const kubeconfigFor = (token: string): string => makeKubeconfig({ url, ca, token });
    const stopApiServer = (): Promise<void> => processes.stop("kube-apiserver");
    const again = (): Promise<void> => startApiServer(processes, settings, api);
    let namespaces = 0;
    return {
        ...readAudit(settings.auditLog, api),
        url,
        ca,
        directory: settings.directory,
        kubeconfig: kubeconfigFor(tokens.admin),
        adminToken: tokens.admin,
        api,
        kubeconfigFor,
        stopApiServer,
        startApiServer: again,
        stopCdi: () => processes.stop("cdi-controller"),
        log: (name) => processes.log(name),
        async serviceAccount(namespace, name) {
            const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
            await api.create(path, { metadata: { name } });
            const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
            const { status } = await api.create(`${path}/${name}/token`, request);
            return (status as { token: string }).token;
        },
        async namespace(prefix = "test") {
            const name = `${prefix}-${String(++namespaces)}`;
            await api.create("/api/v1/namespaces", { metadata: { name } });
            return name;
        },
        async restart() {
            await stopApiServer();
            await again();
        },
    };
}

async function startApiServer(processes: Processes, settings: Settings, api: Api): Promise<void> {
    await processes.start(settings.apiServer);
    await until(
        "the API server is ready",
        async () => {
            processes.check("etcd");
            processes.check("kube-apiserver");
            return (await api.text("/readyz")) === "ok";
        },
        { seconds: 180 },
    );
}
