// A project run by the plain `pulumi` command, in processes that a test may kill.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

const clone = path.resolve(__dirname, "../../..");

const program = `
const bootsource = require("pulumi-bootsource");
const disk = new bootsource.ImportedImage("disk", { source: { http: { url: process.env.IMAGE_URL } } });
exports.path = disk.path;
`;

/** One run of the command: its process, and what came of it. */
export interface Command {
    readonly process: ChildProcess;
    readonly ended: Promise<{ code: number | null; signal: string | null; text: string }>;
}

/** A project of one image in a temporary directory. */
export interface CliProject {
    readonly store: string;
    run(args: string[], imageUrl: string): Command;
    remove(): void;
}

export function makeCliProject(): CliProject {
    const directory = mkdtempSync(path.join(tmpdir(), "bootsource-cli-"));
    symlinkSync(path.join(clone, "node_modules"), path.join(directory, "node_modules"));
    for (const name of ["backend", "home"]) mkdirSync(path.join(directory, name));
    const project = "name: killed\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n";
    writeFileSync(path.join(directory, "Pulumi.yaml"), project);
    writeFileSync(path.join(directory, "Pulumi.test.yaml"), "config:\n  bootsource:store: ./store\n");
    writeFileSync(path.join(directory, "package.json"), '{ "name": "killed", "main": "index.js" }\n');
    writeFileSync(path.join(directory, "index.js"), program);
    return {
        store: path.join(directory, "store"),
        run: (args, imageUrl) => {
            const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
                cwd: directory,
                stdio: ["ignore", "pipe", "pipe"],
                env: {
                    ...process.env,
                    IMAGE_URL: imageUrl,
                    PULUMI_BACKEND_URL: `file://${path.join(directory, "backend")}`,
                    PULUMI_HOME: path.join(directory, "home"),
                    PULUMI_CONFIG_PASSPHRASE: "",
                    PULUMI_SKIP_UPDATE_CHECK: "true",
                    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
                },
            });
            let text = "";
            const add = (chunk: Buffer): void => {
                text += chunk.toString();
            };
            child.stdout.on("data", add);
            child.stderr.on("data", add);
            // "exit", not "close": a provider that outlives a killed CLI keeps the pipes open.
            const ended = new Promise<{ code: number | null; signal: string | null; text: string }>((resolve) => {
                child.on("exit", (code, signal) => {
                    resolve({ code, signal, text });
                });
            });
            return { process: child, ended };
        },
        remove: () => {
            rmSync(directory, { recursive: true, force: true });
        },
    };
}
