// Many boot sources at once, for what must stay quick.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Store } from "../../provider/embedded/store.js";
import type { Objects } from "../../provider/model/objects.js";
import { cronAnnotations, cronLabels } from "../../provider/rules/cron-names.js";

/** A store with so many boot sources, each with three images, as an agent would leave it. */
export function fillStore(directory: string, count: number, now: number): void {
    const store = Store.open(directory);
    const disk = { path: "image.img", inode: "0", modified: "0" };
    writeFileSync(join(directory, "image.img"), Buffer.alloc(4096, 1));
    const time = new Date(now).toISOString();
    const said = (type: string) => [
        { type, status: "True" as const, reason: "", message: "", lastTransitionTime: time },
    ];
    store.transaction(() => {
        for (let index = 0; index < count; index += 1) {
            const namespace = "default";
            const [cron, name] = [`image-${index}-cron`, `image-${index}`];
            const wanted = `sha256:${String(index).padStart(64, "0")}`;
            for (const image of [0, 1, 2]) {
                const digest = image === 0 ? wanted : `sha256:${String(image).repeat(64)}`;
                const metadata = {
                    ...{ name: `${name}-${digest.slice(7, 19)}-${image}`, namespace },
                    labels: { [cronLabels.cron]: cron },
                    annotations: { [cronAnnotations.digest]: digest },
                };
                store.insert("PersistentVolumeClaim", { metadata, spec: {}, status: { phase: "Bound", disk } }, time);
                const source = { blank: {} };
                store.insert("DataVolume", { metadata, spec: { source }, status: { phase: "Succeeded" } }, time);
                if (image > 0) continue;
                const spec: Objects["DataSource"]["spec"] = { source: { pvc: { namespace, name: metadata.name } } };
                const status = { conditions: said("Ready") };
                store.insert("DataSource", { metadata: { name, namespace }, spec, status }, time);
            }
            store.insert(
                "DataImportCron",
                {
                    metadata: {
                        ...{ name: cron, namespace },
                        annotations: { [cronAnnotations.desiredDigest]: wanted, [cronAnnotations.lastCronTime]: time },
                    },
                    spec: {
                        template: { spec: { source: { registry: { url: "docker://quay.io/image" } } } },
                        ...{ schedule: "0 */12 * * *", managedDataSource: name },
                    },
                    status: { conditions: said("UpToDate") },
                },
                time,
            );
        }
    });
    store.close();
}
