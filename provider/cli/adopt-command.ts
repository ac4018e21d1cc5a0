// bootsource adopt: prints the program that takes into Pulumi's hands what a store holds already.
import { BootsourceError } from "../model/errors.js";
import { planAdoption } from "./adopt-plan.js";
import { adoptionProgram } from "./adopt-program.js";
import type { CommandLine } from "./command-line.js";
import { openStores, storeFlag } from "./stores.js";

/** The command. */
export const adoptCommand = {
    summary: "Print a Pulumi program that adopts what a store holds",
    operands: ["[NAME...]"],
    flags: {
        store: storeFlag,
        json: { text: "For programs: one JSON object on stdout, errors as one JSON object on stderr." },
    },
    text: `
One resource for each DataImportCron that no stack owns, each DataSource over a disk that was made by hand, and each disk that nothing points at; with NAME only what is called so, such as fedora or images/fedora. Nothing is changed, neither by this nor by the program: pulumi up marks what it adopts as its own, downloads nothing and makes nothing anew. What cannot be adopted as it is stands in a comment, with the reason.

Examples:
    bootsource adopt --store ./store > index.ts
    bootsource adopt fedora images/debian --store ./store
    bootsource adopt --store ./store --json
`,
    async run(line: CommandLine): Promise<void> {
        const [store] = await openStores("adopt", line, process.env);
        if (store === undefined) return;
        const { cluster, directory } = store;
        try {
            const found = {
                crons: await cluster.list("DataImportCron"),
                sources: await cluster.list("DataSource"),
                volumes: await cluster.list("DataVolume"),
                claims: await cluster.list("PersistentVolumeClaim"),
            };
            const { adoptions, skipped } = planAdoption(found, line.operands);
            if (line.operands.length > 0 && adoptions.length + skipped.length === 0) {
                throw new BootsourceError(
                    "missing-object",
                    `cannot adopt ${line.operands.join(", ")}: nothing of that name is there, or a stack owns it already; ` +
                        '"bootsource status" shows what there is',
                );
            }
            const text = line.on.has("json")
                ? `${JSON.stringify({ store: directory, resources: adoptions, skipped })}\n`
                : adoptionProgram(directory, adoptions, skipped);
            process.stdout.write(text);
        } finally {
            await cluster.close();
        }
    },
} as const;
