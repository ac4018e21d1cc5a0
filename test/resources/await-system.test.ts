// When SystemBootSources takes a boot source for ready: statuses lag behind disks, and what they say of one that has gone counts for nothing.
import * as assert from "node:assert/strict";
import { systemClock } from "../../provider/model/clock.js";
import { awaitSystem } from "../../provider/resources/await-system.js";
import type { World } from "../../provider/resources/contract.js";
import { hyperConvergedRef, systemNamespace, systemTemplates } from "../../provider/rules/system-list.js";

const [template] = systemTemplates;
assert.ok(template?.spec !== undefined);
const at = { namespace: systemNamespace, name: "image" };
const condition = (type: string) => ({ type, status: "True", reason: "", message: "" });
/** A cron and a DataSource of which CDI says that all is well, from the first look on. */
const said = {
    HyperConverged: { metadata: hyperConvergedRef, spec: {} },
    DataImportCron: {
        metadata: { ...template.metadata, namespace: systemNamespace, generation: 1 },
        spec: template.spec,
        status: { conditions: [condition("UpToDate")], currentImports: [{ DataVolumeName: "image", Digest: "" }] },
    },
    DataSource: {
        metadata: { namespace: systemNamespace, name: template.spec.managedDataSource },
        spec: { source: { pvc: at } },
        status: { conditions: [condition("Ready")] },
    },
};
const volume = (phase: string) => ({ DataVolume: { metadata: at, spec: {}, status: { phase } } });
const claim = (deletionTimestamp?: string) => ({ PersistentVolumeClaim: { metadata: { ...at, deletionTimestamp } } });

describe("a system boot source that is brought in anew", () => {
    it("is ready with its new disk, whatever is said of the one that goes", async () => {
        const scenes = [
            { ...volume("Succeeded"), ...claim("2026-11-23T00:00:00Z") },
            {},
            volume("ImportInProgress"),
            { ...volume("ImportInProgress"), ...claim() },
            { ...volume("Succeeded"), ...claim() },
        ];
        let scene = 0;
        /** Between two looks goes one scene; the timer of what stalls waits for good. */
        const sleep = (milliseconds: number): Promise<void> => {
            if (milliseconds > 10_000) return new Promise(() => undefined);
            assert.ok(++scene < scenes.length, "it is never ready");
            return Promise.resolve();
        };
        const get = (kind: string): Promise<unknown> =>
            Promise.resolve(({ ...said, ...scenes[scene] } as Record<string, unknown>)[kind]);
        const world = {
            cluster: {
                get,
                drive: () => undefined,
                capabilities: { platformCrons: Object.keys(template.spec?.template.spec.source ?? {}) },
            },
            clock: { ...systemClock, sleep },
            signal: new AbortController().signal,
            progress: () => undefined,
        } as unknown as World;
        const expected = { leaving: [], digests: {}, ready: true, timeoutSeconds: undefined };
        await awaitSystem(
            hyperConvergedRef,
            { ...expected, active: [{ ...template, status: { commonTemplate: true } }] },
            world,
        );
        assert.equal(scene, scenes.length - 1);
    });
});
