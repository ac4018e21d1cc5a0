// Requests to an API server, by its own audit log: what 1, 100 and 1,000 boot sources cost, beside their objects applied alone.
import { type ControlPlane, startControlPlaneOfProgram, stopControlPlane } from "../control-plane/control-plane.js";
import { type Counted, type Crowd, makeCrowd } from "../engine/counted.js";
import { makeProject } from "../engine/project.js";

/** Its name among the rows. */
export const requestsRow = "requests of boot sources";

/** Above this many their crons are enough: a thousand imports at once would measure the test's one node. */
const mostImports = 100;
/** What is asked whatever the number of boot sources: looks at each kind, a list and a watch of it. */
const perKinds = { preview: 42, up: 70 };

/** Prints a line for each number; false where an unchanged preview, or an update, asks for more than the law gives it. */
export async function measureRequests(counts: readonly number[] = [1, 100, 1000]): Promise<boolean> {
    let good = true;
    try {
        const plane = await startControlPlaneOfProgram();
        const crowd = await makeCrowd(plane);
        for (const count of counts) good = (await measureCount(count, plane, crowd)) && good;
        await crowd.close();
    } finally {
        await stopControlPlane();
    }
    return good;
}

async function measureCount(count: number, plane: ControlPlane, crowd: Crowd): Promise<boolean> {
    const wait = count > mostImports ? "accepted" : "ready";
    if (wait === "accepted") await plane.stopCdi();
    const applied = await applyAlone(count, plane, crowd);
    const namespace = await plane.namespace("bench");
    const project = makeProject();
    try {
        const program = crowd.program(count, undefined, wait);
        const up = await crowd.count(project, "up", { namespace, program });
        const preview = await crowd.count(project, "preview", { namespace });
        const destroy = await crowd.count(project, "destroy", { namespace });
        const good =
            preview.writes === 0 &&
            preview.reads <= perKinds.preview &&
            [up, destroy].every(({ reads, writes }) => writes === count && reads <= perKinds.up + writes);
        process.stdout.write(
            `${requestsRow}: ${count} (${wait}): up ${show(up)}, beside ${applied.toFixed(2)} s for the same crons by server-side ` +
                `apply alone; unchanged preview ${show(preview)}; destroy ${show(destroy)}: ${good ? "good" : "MISSED"}\n`,
        );
        return good;
    } finally {
        project.remove();
    }
}

function show({ writes, reads, keptLists, milliseconds }: Counted): string {
    const all = reads + keptLists;
    return `${writes} writes and ${all} reads in ${(milliseconds / 1000).toFixed(1)} s`;
}

/** Seconds to apply them one by one, as a script would; they stay, empty schedules and all, without an image. */
async function applyAlone(count: number, plane: ControlPlane, { image }: Crowd): Promise<number> {
    const namespace = await plane.namespace("applied");
    const path = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/dataimportcrons`;
    const cron = (name: string): string =>
        JSON.stringify({
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataImportCron",
            metadata: { name: `${name}-image-cron` },
            spec: {
                schedule: "",
                managedDataSource: name,
                template: {
                    spec: {
                        source: { registry: { url: image } },
                        storage: { resources: { requests: { storage: "4Mi" } } },
                    },
                },
            },
        });
    const begun = performance.now();
    for (let number = 0; number < count; number += 1) {
        const name = `source-${number}`;
        await plane.api.apply(`${path}/${name}-image-cron`, cron(name));
    }
    const seconds = (performance.now() - begun) / 1000;
    for (let number = 0; number < count; number += 1) await plane.api.remove(`${path}/source-${number}-image-cron`);
    return seconds;
}
