// Races of writers on one HyperConverged list, in every world: whatever order they come in, each finds its own entries and loses none.
import * as assert from "node:assert/strict";
import type { DataImportCronTemplate, HyperConverged } from "../../provider/model/objects.js";
import { type Owner, ownerAnnotations } from "../../provider/cluster/ownership.js";
import { canonical } from "../../provider/model/canonical.js";
import { applyPlan } from "../../provider/resources/system-plan.js";
import { seededRandom } from "../images/disk.js";

/** One who writes to the list, beside others. */
export interface Writer {
    /** Begins the names of its entries. */
    readonly name: string;
    /** Puts these there, and takes away what else it had there. */
    write(entries: readonly DataImportCronTemplate[]): Promise<unknown>;
}

/** A list that several write to. */
export interface RaceStage {
    readonly writers: readonly Writer[];
    /** The list, by another way than the writers'. */
    list(): Promise<readonly DataImportCronTemplate[]>;
    close(): Promise<void>;
}

/** The suite; `BOOTSOURCE_RACES=1000` makes more of it than a build server has time for. */
export function describeListRaces(name: string, makeStage: () => Promise<RaceStage>, fewer: number): void {
    const races = Number(process.env["BOOTSOURCE_RACES"] ?? fewer);
    describe(`the list of a HyperConverged of ${name}`, function () {
        this.timeout(10 * 60_000);
        let stage: RaceStage;
        before(async () => {
            stage = await makeStage();
        });
        after(() => stage.close());

        it(`is written to by several at once, ${races} times: no entry of anyone is lost, or another than it was written`, async () => {
            const random = seededRandom(29);
            const has = new Map<string, readonly DataImportCronTemplate[]>();
            for (let race = 1; race <= races; race += 1) {
                const told: string[] = [];
                await Promise.all(
                    stage.writers.map(async (writer) => {
                        // Some keep what they have: theirs may be lost by others' doing alone.
                        if (random() % 5 === 0) return;
                        const names = ["one", "two", "three"].filter(() => random() % 3 !== 0);
                        const entries = names.map((one) =>
                            entry(`${writer.name}-${one}`, random() % 2 === 0 ? race : 0),
                        );
                        told.push(`${writer.name}: ${names.join(", ")}`);
                        has.set(writer.name, entries);
                        await writer.write(entries);
                    }),
                );
                const wanted = [...has.values()].flat().map(shown).sort();
                const found = (await stage.list()).map(shown).sort();
                assert.deepEqual(found, wanted, `race ${race} (${told.join("; ")})`);
            }
        });
    });
}

/** A writer's change, as our own resources make theirs: by the owner that an entry is marked with. */
export function ownChange(owner: Owner, entries: readonly DataImportCronTemplate[]): (object: HyperConverged) => void {
    const marked = entries.map(({ metadata, ...entry }) => ({
        ...entry,
        metadata: { ...metadata, annotations: { ...metadata.annotations, ...ownerAnnotations(owner) } },
    }));
    return ({ spec }) => {
        applyPlan(spec, false, marked, ({ token }) => token === owner.token);
    };
}

/** The same of somebody who knows nothing of owners, and goes by the names alone. */
export function foreignChange(
    writer: string,
    list: readonly DataImportCronTemplate[],
    entries: readonly DataImportCronTemplate[],
): DataImportCronTemplate[] {
    return [...entries, ...list.filter(({ metadata }) => !metadata.name.startsWith(`${writer}-`))];
}

/** One that no platform ships, so that it is nobody else's. */
function entry(name: string, version: number): DataImportCronTemplate {
    return {
        metadata: { name },
        spec: {
            schedule: "0 0 1 1 *",
            managedDataSource: name,
            importsToKeep: 1 + version,
            template: {
                spec: {
                    source: { registry: { url: `docker://registry.example/${name}:${String(version)}` } },
                    storage: { resources: { requests: { storage: "1Gi" } } },
                },
            },
        },
    };
}

/** What its writer has said; the marks of owners come with ours alone. */
function shown({ metadata, spec }: DataImportCronTemplate): string {
    return `${metadata.name} ${canonical(spec)}`;
}
