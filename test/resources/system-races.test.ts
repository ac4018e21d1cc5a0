// What others write to the HyperConverged between our look and our write: nothing of theirs is overwritten, and nothing given back for them.
import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { newOwner, ownerAnnotations } from "../../provider/cluster/ownership.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataImportCronTemplate, HyperConverged } from "../../provider/model/objects.js";
import type { World } from "../../provider/resources/contract.js";
import { systemBootSources } from "../../provider/resources/system-boot-sources.js";
import { holdKey, switchHold } from "../../provider/resources/system-hold.js";
import { hyperConvergedRef, systemTemplates } from "../../provider/rules/system-list.js";
import { makeWorld } from "./world.js";

const names = systemTemplates.map(({ metadata }) => metadata.name);
/** Every system boot source is off: the switch may be on, and nothing is imported. */
const overrides = Object.fromEntries(names.map((name) => [name, { enabled: false }]));
const inputs = { enabled: true, overrides, wait: "accepted" };

describe("a HyperConverged that others write to while a resource of ours does", () => {
    let directory: string;
    let cluster: EmbeddedCluster;
    let meanwhile: ((object: HyperConverged) => void) | undefined;

    beforeEach(async () => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-races-"));
        cluster = new EmbeddedCluster(path.join(directory, "store"), { clock: systemClock, warn: () => undefined });
        await cluster.establish();
        meanwhile = undefined;
    });
    afterEach(async () => {
        await cluster.close();
        rmSync(directory, { recursive: true, force: true });
    });

    /** A world in which somebody is faster: their change lands after our look, just before our write. */
    const world = (name: string): World => {
        const update: EmbeddedCluster["update"] = async (kind, at, change, part) => {
            const theirs = kind === "HyperConverged" && part === undefined ? meanwhile : undefined;
            meanwhile = undefined;
            if (theirs !== undefined) await cluster.update("HyperConverged", at, theirs);
            return cluster.update(kind, at, change, part);
        };
        return makeWorld(name, cluster, { update });
    };
    const object = async (): Promise<HyperConverged> => {
        const found = await cluster.get("HyperConverged", hyperConvergedRef);
        assert.ok(found);
        return found;
    };
    const entry = (name: string, more: object = {}): DataImportCronTemplate => ({
        ...structuredClone(systemTemplates[0]),
        metadata: { name, ...more },
    });
    const put =
        (one: DataImportCronTemplate) =>
        ({ spec }: HyperConverged): void => {
            const sources = (spec.workloadSources ??= {});
            sources.dataImportCronTemplates = [...(sources.dataImportCronTemplates ?? []), one];
        };

    it("keeps an entry that came just now", async () => {
        const theirs = entry("theirs");
        meanwhile = put(theirs);
        await systemBootSources.reconcile(inputs, undefined, world("system"));
        const list = (await object()).spec.workloadSources?.dataImportCronTemplates ?? [];
        assert.deepEqual(list[0], theirs);
        assert.deepEqual(
            list.slice(1).map(({ metadata }) => metadata.name),
            names,
        );
    });

    it("refuses to take the place of somebody's entry that came just now under a name of ours", async () => {
        const theirs = entry(String(names[0]), {
            annotations: ownerAnnotations(newOwner("urn:pulumi:s::p::t::other")),
        });
        meanwhile = put(theirs);
        await assert.rejects(
            systemBootSources.reconcile(inputs, undefined, world("system")),
            /cannot change the entry \S+ of the HyperConverged: urn:pulumi:s::p::t::other holds it/,
        );
        const { spec, metadata } = await object();
        assert.deepEqual(spec.workloadSources?.dataImportCronTemplates, [theirs]);
        assert.equal(spec.workloadSources.enableCommonBootImageImport, false, "and the switch is as it was");
        assert.equal(metadata.annotations?.[holdKey], undefined);
    });

    it("keeps that entry in mind where it is to take its place, to give it back", async () => {
        const theirs = entry(String(names[0]));
        meanwhile = put(theirs);
        const args = { ...inputs, takeOver: true, onDelete: "restore" };
        const state = await systemBootSources.reconcile(args, undefined, world("system"));
        assert.deepEqual(switchHold(await object())?.entries, [theirs]);
        await systemBootSources.remove(state, world("system"));
        assert.deepEqual((await object()).spec.workloadSources?.dataImportCronTemplates, [theirs]);
    });

    it("is one resource's alone where two begin at the same moment", async () => {
        meanwhile = ({ metadata }) => {
            const hold = { ...newOwner("urn:pulumi:s::p::t::faster"), enabled: false, entries: [] };
            metadata.annotations = { ...metadata.annotations, [holdKey]: JSON.stringify(hold) };
        };
        const slower = systemBootSources.reconcile(inputs, undefined, world("slower"));
        await assert.rejects(slower, /cannot change the switch .*: urn:pulumi:s::p::t::faster holds it/);
        assert.equal(switchHold(await object())?.urn, "urn:pulumi:s::p::t::faster");
    });

    it("gives nothing back that another took over just now", async () => {
        const state = await systemBootSources.reconcile({ ...inputs, onDelete: "restore" }, undefined, world("system"));
        const others = { ...newOwner("urn:pulumi:s::p::t::other"), enabled: true, entries: [] };
        meanwhile = ({ metadata }) => {
            metadata.annotations = { ...metadata.annotations, [holdKey]: JSON.stringify(others) };
        };
        await systemBootSources.remove(state, world("system"));
        const { spec, metadata } = await object();
        assert.equal(spec.workloadSources?.enableCommonBootImageImport, true);
        assert.equal(metadata.annotations?.[holdKey], JSON.stringify(others));
        assert.equal(spec.workloadSources.dataImportCronTemplates?.length, names.length);
    });
});
