// Rows about 500 boot sources in one store: what a preview that changes nothing costs, and how soon the status answers.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "./rows.js";

const clone = join(__dirname, "..", "..", "..");
const count = 500;

/** Boot sources with images of this many bytes: they are there, and that is all. */
const bytes = 64 * 1024;

const bootSources = `
    const bootsource = require("pulumi-bootsource");
    for (let number = 0; number < ${count}; number += 1) {
        new bootsource.BootSource("source-" + number, { source: { file: { path: "./image.raw" } }, schedule: "@yearly" });
    }`;

// What a dynamic resource costs by itself: a provider that does nothing, and the same number of arguments.
const trivial = `
    const pulumi = require("@pulumi/pulumi");
    const provider = { create: async (inputs) => ({ id: inputs.name, outs: inputs }) };
    class Trivial extends pulumi.dynamic.Resource {
        constructor(name) {
            super(provider, name, { name, path: "./image.raw", schedule: "@yearly" });
        }
    }
    for (let number = 0; number < ${count}; number += 1) new Trivial("source-" + number);`;

/** The rows. */
export const bootSourceRows: readonly Row[] = [
    {
        name: "preview of 500 boot sources",
        atMost: 1.5,
        prepare: () => {
            const [ours, theirs] = [project(bootSources), project(trivial)];
            return Promise.resolve({
                ours: { name: "500 boot sources", commandLine: preview(ours) },
                theirs: { name: "500 trivial dynamic resources", commandLine: preview(theirs) },
                expected: undefined,
                note: "nothing has changed",
                close: () => remove(ours, theirs),
            });
        },
    },
    {
        name: "status of 500 boot sources",
        atMost: 1,
        prepare: () => {
            const ours = project(bootSources);
            const command = `${JSON.stringify(process.execPath)} ${JSON.stringify(join(clone, "bin", "bootsource.cjs"))}`;
            return Promise.resolve({
                ours: { name: "bootsource status", commandLine: `${command} status --store ${ours}/store` },
                theirs: { name: "a second", commandLine: "sleep 1" },
                expected: undefined,
                note: "the whole command",
                close: () => remove(ours),
            });
        },
    },
];

/** A project whose stack is up. */
function project(program: string): string {
    const directory = mkdtempSync(join(process.env["BENCH_DIRECTORY"] ?? tmpdir(), "bootsource-bench-"));
    symlinkSync(join(clone, "node_modules"), join(directory, "node_modules"));
    mkdirSync(join(directory, "backend"));
    writeFileSync(join(directory, "image.raw"), Buffer.alloc(bytes, "image"));
    writeFileSync(join(directory, "index.js"), program);
    writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "bench", main: "index.js" }));
    writeFileSync(join(directory, "Pulumi.yaml"), "name: bench\nruntime: nodejs\n");
    for (const args of ["stack init bench", "config set bootsource:store ./store", "up --yes --skip-preview"]) {
        execFileSync("bash", ["-euc", pulumi(directory, args)], { stdio: ["ignore", "ignore", "inherit"] });
    }
    return directory;
}

function preview(directory: string): string {
    return pulumi(directory, "preview --expect-no-changes");
}

function pulumi(directory: string, args: string): string {
    const env = [
        `PULUMI_HOME=${directory}/home`,
        `PULUMI_BACKEND_URL=file://${directory}/backend`,
        "PULUMI_CONFIG_PASSPHRASE= PULUMI_SKIP_UPDATE_CHECK=true PULUMI_STACK=bench",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
    ];
    return `cd ${directory} && ${env.join(" ")} pulumi ${args} --non-interactive --color never`;
}

function remove(...directories: string[]): Promise<void> {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
    return Promise.resolve();
}
