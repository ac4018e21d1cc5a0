// BootSourceCatalog by `pulumi up` on a store: made in one run, unchanged in the next, moved to another class, and one taken out of it.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { makeDisk } from "../images/disk.js";
import { useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";
import { ok } from "./storage-default-program.js";

describe("BootSourceCatalog on a store", function () {
    this.timeout(240_000);
    const engine = useEngine();
    const names = ["alpha", "beta", "gamma"];
    const imageOf = (name: string): Buffer => Buffer.from(makeDisk(1 << 20, { seed: name.charCodeAt(0) }));
    const served = (name: string): string => path.join(engine.project.store, "sources", "images", `${name}.img`);

    beforeEach(() => {
        for (const name of names) writeFileSync(path.join(engine.project.directory, `${name}.img`), imageOf(name));
    });

    const catalog = (args: Partial<bootsource.BootSourceCatalogArgs>, of: readonly string[] = names): Program => {
        const bootSources = Object.fromEntries(
            of.map((name) => [name, { source: { file: { path: `./${name}.img` } }, schedule: "" }]),
        );
        return () => {
            const made = new bootsource.BootSourceCatalog("images", {
                storageDefault: { storageClassName: "plain" },
                defaults: { namespace: "images", importsToKeep: 2 },
                bootSources,
                ...args,
            });
            return Promise.resolve({ dataSources: made.dataSources, entries: made.entries });
        };
    };
    const config = { storageClasses: JSON.stringify([{ name: "plain" }, { name: "thin", snapshot: "overlay" }]) };
    const run = (operation: "up" | "preview" | "refresh", program?: Program): Promise<Ran> =>
        engine.project.run(operation, program, { config });
    const formatsIn = ({ outputs }: Ran): unknown[] =>
        Object.values(outputs["entries"] as Record<string, bootsource.CatalogEntry>).map((entry) => [
            entry.storageClass,
            entry.sourceFormat,
        ]);

    it("brings in several boot sources beside each other: children of one component do not wait for one another", async () => {
        const preview = ok(await run("preview", catalog({})));
        assert.match(preview.text, /marks the storage class plain/);
        for (const name of names)
            assert.match(preview.text, new RegExp(`imports boot source images/${name} \\(${name}-`));
        assert.doesNotMatch(preview.text, /no storage class is marked/, "what the same run marks counts");
        const up = ok(await run("up"));
        const places = Object.fromEntries(names.map((name) => [name, { namespace: "images", name }]));
        assert.deepEqual(up.outputs["dataSources"], places);
        for (const name of names) assert.ok(readFileSync(served(name)).equals(imageOf(name)), name);
        assert.deepEqual(
            formatsIn(up),
            Array(3).fill(["plain", "pvc"]),
            "the class was the default before they were made",
        );
        const again = ok(await run("up"));
        assert.deepEqual([...new Set(Object.values(again.steps).flat())], ["same"], again.text);
    });

    it("moves its boot sources with its default class, downloads nothing, and leaves those that it does not name", async () => {
        ok(await run("up", catalog({})));
        const moved = catalog({
            storageDefault: { storageClassName: "thin", dataImportCronSourceFormat: "snapshot" },
        });
        const preview = ok(await run("preview", moved));
        assert.match(
            preview.text,
            /moves boot source images\/alpha from plain \(pvc\) to thin \(snapshot\) \(nothing to download\)/,
        );
        ok(await run("up"));
        ok(await run("refresh"));
        const up = ok(await run("up"));
        assert.deepEqual(formatsIn(up), Array(3).fill(["thin", "snapshot"]));
        const fewer = catalog({ storageDefault: { storageClassName: "thin" } }, ["alpha"]);
        const shown = ok(await run("preview", fewer));
        assert.deepEqual([shown.steps["images-alpha"], shown.steps["images-beta"]], [["same"], ["delete"]]);
        ok(await run("up"));
        assert.ok(existsSync(served("beta")), "its image stays, as retentionPolicy All says");
    });

    it("refuses a misspelt part in preview, and what a child is misspelt in on that child's row", async () => {
        const misspelt = await run("preview", catalog({ sytem: {} } as object));
        assert.match(misspelt.failure ?? "", /sytem: there is no such argument; did you mean "system"\?/);
        const child = await run("preview", catalog({ defaults: { shedule: "@daily" } as object }, ["alpha"]));
        assert.match(
            child.diagnostics.join("\n"),
            /images-alpha: .*shedule.*did you mean "schedule"\?/s,
            child.failure,
        );
        assert.equal(existsSync(engine.project.store), false);
    });
});
