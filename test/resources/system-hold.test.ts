// What a platform's list hides while an entry of ours stands there is known all the same, also to a run that has no state of it.
import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import type { EffectiveTemplate, HyperConverged } from "../../provider/model/objects.js";
import { systemBootSources } from "../../provider/resources/system-boot-sources.js";
import { switchHold } from "../../provider/resources/system-hold.js";
import { withSchedule } from "../../provider/rules/effective-templates.js";
import { hyperConvergedRef, systemTemplates } from "../../provider/rules/system-list.js";
import { makeWorld } from "./world.js";

const names = systemTemplates.map(({ metadata }) => metadata.name);
/** Every system boot source is off: the switch may be on, and nothing is imported. */
const off = Object.fromEntries(names.map((name) => [name, { enabled: false }]));
const inputs = { enabled: true, wait: "accepted" };

describe("shipped boot sources that a platform's list hides", () => {
    let directory: string;
    let cluster: EmbeddedCluster;

    beforeEach(async () => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-hold-"));
        cluster = new EmbeddedCluster(path.join(directory, "store"), { clock: systemClock, warn: () => undefined });
        await cluster.establish();
        const spec = { workloadSources: { enableCommonBootImageImport: true } };
        await cluster.create("HyperConverged", { metadata: hyperConvergedRef, spec });
        await show(systemTemplates.map((one) => ({ ...one, status: { commonTemplate: true } })));
    });
    afterEach(async () => {
        await cluster.close();
        rmSync(directory, { recursive: true, force: true });
    });

    /** The list as a platform shows it. */
    const show = (dataImportCronTemplates: EffectiveTemplate[]) =>
        cluster.update(
            "HyperConverged",
            hyperConvergedRef,
            (object) => {
                object.status = { ...object.status, dataImportCronTemplates };
            },
            "status",
        );
    const object = async (): Promise<HyperConverged> => {
        const found = await cluster.get("HyperConverged", hyperConvergedRef);
        assert.ok(found);
        return found;
    };
    /** The store, as a cluster whose list is the platform's. */
    const apply = (overrides: object) => {
        const capabilities = { ...cluster.capabilities, ownSystemList: false };
        return systemBootSources.reconcile(
            { ...inputs, overrides },
            undefined,
            makeWorld("system", cluster, { capabilities }),
        );
    };

    it("are known to the run after one that was killed behind its write", async () => {
        await apply(off);
        const { metadata, status } = await object();
        assert.deepEqual(status?.dataImportCronTemplates, [], "the list shows none that is switched off");
        assert.deepEqual(
            switchHold({ metadata })
                ?.shipped?.map(({ metadata: { name } }) => name)
                .sort(),
            [...names].sort(),
        );
        // No state is left of that run.
        const state = await apply(off);
        assert.deepEqual(
            state.shipped.map(({ spec }) => spec?.template.spec.source),
            systemTemplates.map(({ spec }) => spec?.template.spec.source),
        );
        await assert.rejects(
            apply({ ...off, fedra: { enabled: false } }),
            /no system boot source "fedra"; did you mean "fedora"/,
        );
    });

    it("are what the platform ships, and not what it shows of ours for a moment more", async () => {
        await apply(off);
        const ours = systemTemplates.map((one) => withSchedule(one, "1 1 1 1 *"));
        await show(ours.map((one) => ({ ...one, status: { commonTemplate: true, modified: true } })));
        const { shipped } = switchHold(await object()) ?? {};
        const state = await apply(off);
        assert.deepEqual(state.shipped, shipped);
    });

    it("are known by the entry of another hand where nothing else tells of them: it is named as what is in the way", async () => {
        const [first] = systemTemplates;
        assert.ok(first?.spec !== undefined);
        await cluster.update("HyperConverged", hyperConvergedRef, ({ spec }) => {
            spec.workloadSources = { ...spec.workloadSources, dataImportCronTemplates: [first] };
        });
        await show([{ ...first, status: { commonTemplate: true, modified: true } }]);
        await assert.rejects(
            apply({ [first.spec.managedDataSource]: { enabled: false } }),
            new RegExp(`cannot change the entry ${first.metadata.name} of the HyperConverged: somebody else wrote it`),
        );
    });
});
