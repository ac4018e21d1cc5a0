// A stack of a test's project: `pulumi stack init` makes one in each process, and every further one begins as its copy.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { LocalWorkspace, PulumiCommand, Stack } from "@pulumi/pulumi/automation/index.js";

/** The CLI is found once: each command of it costs a fifth of a second, whatever it does. */
let command: Promise<PulumiCommand> | undefined;
const fresh = new Map<string, Promise<string>>();

/** A new stack of a project, in which nothing is configured and nothing has run. */
export async function newStack(directory: string, name: string): Promise<Stack> {
    const made = fresh.get(name) ?? initStack(name);
    fresh.set(name, made);
    for (const part of ["backend", `Pulumi.${name}.yaml`]) {
        cpSync(path.join(await made, part), path.join(directory, part), { recursive: true });
    }
    const workspace = await openWorkspace(directory);
    // Every operation names its stack; nothing has to be selected.
    workspace.selectStack = () => Promise.resolve(undefined);
    return Stack.select(name, workspace);
}

async function initStack(name: string): Promise<string> {
    const directory = mkdtempSync(path.join(tmpdir(), "bootsource-stack-"));
    process.once("exit", () => {
        rmSync(directory, { recursive: true, force: true });
    });
    for (const part of ["backend", "home"]) mkdirSync(path.join(directory, part));
    await Stack.create(name, await openWorkspace(directory));
    return directory;
}

async function openWorkspace(directory: string): Promise<LocalWorkspace> {
    command ??= PulumiCommand.get({ skipVersionCheck: true });
    return LocalWorkspace.create({
        workDir: directory,
        pulumiCommand: await command,
        program: () => Promise.resolve({}),
        // By default `main` is this process's directory, and relative paths would lead into the clone.
        projectSettings: { name: "engine", runtime: "nodejs", main: directory },
        envVars: {
            // As in tools/start.cjs: what Pulumi keeps beside a checkpoint is not written in one step, and killed runs leave half of it.
            PULUMI_BACKEND_URL: `file://${path.join(directory, "backend")}?metadata=skip`,
            PULUMI_HOME: path.join(directory, "home"),
            PULUMI_CONFIG_PASSPHRASE: "correct horse",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            // Plans are an experiment of Pulumi's still.
            PULUMI_EXPERIMENTAL: "true",
            XDG_CACHE_HOME: path.join(directory, "cache"),
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
            PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
        },
    });
}
