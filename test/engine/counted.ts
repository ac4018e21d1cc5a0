// Boot sources by the dozen, and what one operation of theirs asked of the API server, as its own audit log has it.
import assert from "node:assert/strict";
import { BootSource } from "../../components/index.js";
import type { ControlPlane } from "../control-plane/control-plane.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { startFakeRegistry } from "../servers/fake-registry.js";
import type { Program, Project, Ran } from "./project.js";

/** The requests of one operation. */
export interface Counted {
    readonly writes: number;
    /** Without the next ones. */
    readonly reads: number;
    /** Lists of the crons that are kept in ConfigMaps: not mirrored, and shared for a second each. */
    readonly keptLists: number;
    /** "get dataimportcrons", how often; for a person who looks for what has come to be too much. */
    readonly by: string;
    readonly milliseconds: number;
}

/** A class, a registry, and an image of a mebibyte in it. */
export interface Crowd {
    /** So many boot sources; waited for unless their crons are enough. */
    readonly program: (count: number, schedule?: string, wait?: "ready" | "accepted") => Program;
    /** Their images, as a reference. */
    readonly image: string;
    /** Runs it, in a namespace of the control plane; throws where it fails. */
    readonly count: (
        project: Project,
        operation: "up" | "preview" | "refresh" | "destroy",
        given: { readonly namespace: string; readonly program?: Program },
    ) => Promise<Counted>;
    close(): Promise<void>;
}

/** Makes what a crowd of boot sources needs. */
export async function makeCrowd(plane: ControlPlane): Promise<Crowd> {
    const registry = await startFakeRegistry({});
    const image = makeContainerdisk(makeDisk(1 << 20, { seed: 7 }), { architecture: "amd64" });
    registry.hold("fedora", "latest", makeIndex({ amd64: image }));
    const clean = [
        () => registry.close(),
        await plane.insecureRegistry(registry.host),
        await plane.storageClass({ name: "crowd", provisioner: "kubevirt.io.hostpath-provisioner", default: true }),
    ];
    const url = `docker://${registry.host}/fedora:latest`;
    return {
        image: url,
        program:
            (count, schedule = "0 3 1 1 *", wait = "ready") =>
            () => {
                for (let number = 0; number < count; number += 1) {
                    new BootSource(`source-${number}`, {
                        source: { registry: { url } },
                        storage: { size: "4Mi" },
                        ...{ schedule, wait },
                    });
                }
                return Promise.resolve({});
            },
        count: async (project, operation, { namespace, program }) => {
            const mark = await plane.mark();
            const begun = performance.now();
            const ran: Ran = await project.run(operation, program, {
                store: null,
                config: {
                    kubeconfig: { value: plane.kubeconfig, secret: true },
                    namespace,
                    insecureRegistries: JSON.stringify([registry.host]),
                },
            });
            const milliseconds = performance.now() - begun;
            assert.equal(ran.failure, undefined, ran.text);
            // A watch is in the log when it begins, and when it has ended.
            const asked = (await plane.requests(mark)).filter(
                ({ userAgent, stage, verb }) =>
                    userAgent === "pulumi-bootsource" && (verb !== "watch" || stage === "ResponseStarted"),
            );
            const by = new Map<string, number>();
            for (const { verb, objectRef } of asked) {
                const key = `${verb} ${objectRef?.resource ?? ""}`;
                by.set(key, (by.get(key) ?? 0) + 1);
            }
            const all = asked.filter(({ verb }) => ["get", "list", "watch"].includes(verb)).length;
            const keptLists = by.get("list configmaps") ?? 0;
            const reads = all - keptLists;
            const shown = [...by].map(([key, times]) => `${key} ${times}`).sort();
            return { writes: asked.length - all, reads, keptLists, by: shown.join(", "), milliseconds };
        },
        async close() {
            for (const remove of clean.reverse()) await remove();
        },
    };
}
