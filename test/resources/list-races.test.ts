// A boot source that comes into the HyperConverged's list while others write to it: no entry of anyone is lost, and none is taken.
import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { newOwner, ownerAnnotations, ownerOf } from "../../provider/cluster/ownership.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import type { BootSourceSpec } from "../../provider/model/boot-source.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataImportCronTemplate, HyperConverged } from "../../provider/model/objects.js";
import { writeEntry } from "../../provider/resources/boot-source-list.js";
import type { World } from "../../provider/resources/contract.js";
import { placesOf } from "../../provider/rules/boot-source-objects.js";
import { hyperConvergedRef, systemTemplates } from "../../provider/rules/system-list.js";

const source = { registry: { url: "docker://registry.invalid/fedora:latest" } };

describe("an entry that comes into a list which others write to", () => {
    let directory: string;
    let cluster: EmbeddedCluster;
    beforeEach(async () => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-list-"));
        cluster = new EmbeddedCluster(path.join(directory, "store"), { clock: systemClock, warn: () => undefined });
        await cluster.establish();
        await cluster.create("HyperConverged", { metadata: hyperConvergedRef, spec: { workloadSources: {} } });
    });
    afterEach(async () => {
        await cluster.close();
        rmSync(directory, { recursive: true, force: true });
    });

    /** A world in which somebody's change lands after our look, just before our write. */
    const world = (name: string, meanwhile?: (object: HyperConverged) => void): World => {
        let theirs = meanwhile;
        const update: EmbeddedCluster["update"] = async (kind, at, change, part) => {
            const first = kind === "HyperConverged" ? theirs : undefined;
            theirs = undefined;
            if (first !== undefined) await cluster.update("HyperConverged", at, first);
            return cluster.update(kind, at, change, part);
        };
        const raced = new Proxy(cluster, {
            get: (target, key) => {
                if (key === "update") return update;
                const value = Reflect.get(target, key, target) as unknown;
                return typeof value === "function" ? (value.bind(target) as unknown) : value;
            },
        });
        return {
            cluster: raced,
            upstream: { resolvePath: (one: string) => one },
            urn: `urn:pulumi:s::p::t::${name}`,
            signal: new AbortController().signal,
            clock: systemClock,
        } as unknown as World;
    };
    const bring = (name: string, meanwhile?: (object: HyperConverged) => void): Promise<unknown> => {
        const spec: BootSourceSpec = { source, namespace: "images", carrier: "hyperConverged" };
        const target = { spec, inputs: {}, places: placesOf(spec, name), cluster: "c" };
        const one = world(name, meanwhile);
        return writeEntry(target, { found: undefined, last: undefined, owner: newOwner(one.urn) }, one);
    };
    const list = async (): Promise<DataImportCronTemplate[]> =>
        (await cluster.get("HyperConverged", hyperConvergedRef))?.spec.workloadSources?.dataImportCronTemplates ?? [];
    const entry = (name: string, urn?: string): DataImportCronTemplate => ({
        ...structuredClone(systemTemplates[0]),
        metadata: { name, ...(urn === undefined ? {} : { annotations: ownerAnnotations(newOwner(urn)) }) },
    });
    const put =
        (one: DataImportCronTemplate) =>
        ({ spec }: HyperConverged): void => {
            const sources = (spec.workloadSources ??= {});
            sources.dataImportCronTemplates = [...(sources.dataImportCronTemplates ?? []), one];
        };

    it("keeps an entry that came just now", async () => {
        await bring("mine", put(entry("theirs")));
        assert.deepEqual(
            (await list()).map(({ metadata }) => metadata.name),
            ["theirs", "mine-image-cron"],
        );
    });

    for (const [whose, urn, says] of [
        ["another stack's", "urn:pulumi:other::p::t::mine", /belongs to urn:pulumi:other::p::t::mine/],
        ["somebody's", undefined, /which Pulumi did not make; set adopt: true/],
    ] as const) {
        it(`takes no place that became ${whose} just now`, async () => {
            const theirs = entry("mine-image-cron", urn);
            await assert.rejects(bring("mine", put(theirs)), says);
            assert.deepEqual(await list(), [theirs]);
        });
    }

    it("is one of fifty that come at once, and none is lost", async () => {
        const names = Array.from({ length: 50 }, (_, index) => `source-${index}`);
        await Promise.all(names.map((name) => bring(name)));
        const there = await list();
        assert.deepEqual(
            there.map(({ metadata }) => metadata.name).sort(),
            names.map((name) => `${name}-image-cron`).sort(),
        );
        assert.equal(new Set(there.map(({ metadata }) => ownerOf(metadata)?.urn)).size, names.length);
    });
});
