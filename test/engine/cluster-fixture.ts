// A namespace of their own on the control plane, as tests of the real engine have it whose stacks name a cluster.
import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import type { StorageClass } from "../control-plane/nodes.js";
import { afterwards } from "../tools.js";
import { useEngine } from "./fixture.js";
import type { ConfigValue, Program, Project, Ran } from "./project.js";
import type { Web } from "./web.js";

type Settings = Readonly<Record<string, ConfigValue>>;
type Operation = "up" | "preview" | "refresh" | "destroy";
type Run = (operation: Operation, program?: Program, settings?: Settings) => Promise<Ran>;

/** What a suite has of it. */
export interface OnCluster {
    readonly web: Web;
    readonly plane: ControlPlane;
    /** A new one for each test, like the project. */
    readonly namespace: string;
    readonly project: Project;
    /** Runs a program against the cluster, with these settings in place of the suite's own. */
    readonly run: Run;
    /** The same, where it has to succeed. */
    readonly succeed: Run;
    /** Where the namespace's objects of CDI lie: `cdi("datavolumes", "/disk")`. */
    readonly cdi: (kind: string, name?: string) => string;
    /** The same of Kubernetes' own objects. */
    readonly core: (kind: string, name?: string) => string;
    /** What is taken back after the last test, the last first; said in a `before`. */
    readonly clean: (...removals: readonly (() => Promise<void>)[]) => void;
}

/** Storage that nothing special is to be said of: CDI copies its disks byte by byte. */
export const plainStorage = "kubevirt.io.hostpath-provisioner";

/** Begins namespaces with this name; the classes are there as long as the suite, and `settings` belong to the stack's configuration. */
export function useCluster(
    name: string,
    classes: readonly StorageClass[],
    settings: () => Settings = () => ({}),
): OnCluster {
    const engine = useEngine();
    const removals: (() => Promise<void>)[] = [];
    let plane: ControlPlane | undefined;
    let namespace = "";
    before(async function () {
        plane = await startControlPlane(this);
        afterwards(this, async () => {
            for (const remove of removals.reverse()) await remove();
        });
        for (const one of classes) removals.push(await plane.storageClass(one));
    });
    beforeEach(async () => {
        namespace = await on.plane.namespace(name);
    });
    const on: OnCluster = {
        get web() {
            return engine.web;
        },
        get project() {
            return engine.project;
        },
        get plane() {
            if (plane === undefined) throw new Error("the suite has not begun");
            return plane;
        },
        get namespace() {
            return namespace;
        },
        run: (operation, program, more = settings()) => {
            const config = { kubeconfig: { value: on.plane.kubeconfig, secret: true }, namespace, ...more };
            return engine.project.run(operation, program, { store: null, config });
        },
        succeed: async (...asked) => {
            const ran = await on.run(...asked);
            assert.equal(ran.failure, undefined, ran.text);
            return ran;
        },
        cdi: (kind, path = "") => `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${kind}${path}`,
        core: (kind, path = "") => `/api/v1/namespaces/${namespace}/${kind}${path}`,
        clean: (...more) => {
            removals.push(...more);
        },
    };
    return on;
}
