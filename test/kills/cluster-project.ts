// A project on a cluster whose program takes what it asks for from its surroundings, run by the plain `pulumi` command in processes that a test may kill.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

const clone = path.resolve(__dirname, "../../..");

const heading = `
const bootsource = require("pulumi-bootsource");
const wish = JSON.parse(process.env.GOAL);
`;

/** One run of the command. */
export interface Running {
    readonly process: ChildProcess;
    readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
}

/** The project. */
export interface ClusterProject<Wish extends object> {
    run(args: readonly string[], wish: Wish): Running;
    /** Takes away the lock that a killed CLI has left, as `pulumi cancel` does, which needs a second for it. */
    unlock(): void;
    remove(): void;
}

/** Makes one in a temporary directory; `program` finds `bootsource`, and `wish`, what it is to ask for. */
export function makeClusterProject<Wish extends object>(
    config: Readonly<Record<string, string>>,
    program: string,
): ClusterProject<Wish> {
    const directory = mkdtempSync(path.join(tmpdir(), "bootsource-cluster-"));
    symlinkSync(path.join(clone, "node_modules"), path.join(directory, "node_modules"));
    for (const name of ["backend", "home"]) mkdirSync(path.join(directory, name));
    writeFileSync(
        path.join(directory, "Pulumi.yaml"),
        "name: killed\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n",
    );
    const settings = Object.entries(config).map(([key, value]) => `  bootsource:${key}: ${JSON.stringify(value)}\n`);
    writeFileSync(path.join(directory, "Pulumi.test.yaml"), `config:\n${settings.join("")}`);
    writeFileSync(path.join(directory, "package.json"), '{ "name": "killed", "main": "index.js" }\n');
    writeFileSync(path.join(directory, "index.js"), heading + program);
    const env = {
        ...process.env,
        PULUMI_BACKEND_URL: `file://${path.join(directory, "backend")}?metadata=skip`,
        PULUMI_HOME: path.join(directory, "home"),
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        XDG_CACHE_HOME: path.join(directory, "cache"),
    };
    return {
        run: (args, wish) => {
            const child = spawn("pulumi", [...args, "--stack", "test", "--non-interactive", "--color", "never"], {
                cwd: directory,
                stdio: ["ignore", "pipe", "pipe"],
                env: { ...env, GOAL: JSON.stringify(wish) },
            });
            let text = "";
            for (const stream of [child.stdout, child.stderr])
                stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
            // "exit", not "close": a provider that outlives a killed CLI keeps the pipes open.
            const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
                child.on("exit", (code) => {
                    resolve({ code, text });
                });
            });
            return { process: child, ended };
        },
        unlock: () => {
            rmSync(path.join(directory, "backend", ".pulumi", "locks"), { recursive: true, force: true });
        },
        remove: () => {
            rmSync(directory, { recursive: true, force: true });
        },
    };
}
