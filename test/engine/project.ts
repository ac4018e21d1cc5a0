// A Pulumi project in a directory of its own, driven by the real CLI through the Automation API, with the real provider process.
import { createHash } from "node:crypto";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";

const clone = path.resolve(__dirname, "../../..");

/** What one operation showed. */
export interface Ran {
    /** "create", "same", "update", "replace", "delete", ... by the resource's name, as the engine reports each step. */
    readonly steps: Record<string, string[]>;
    /** Everything printed, diagnostics and progress included. */
    readonly text: string;
    /** Diagnostics alone, as "severity name: message". */
    readonly diagnostics: string[];
    readonly outputs: Record<string, unknown>;
    /** What the operation failed with, where it did. */
    readonly failure: string | undefined;
}

/** A project that exists only for one test; `run` takes a program each time, as a user edits one. */
export interface Project {
    readonly directory: string;
    readonly store: string;
    run(
        operation: "up" | "preview" | "refresh" | "destroy",
        program?: Program,
        options?: { store?: string | null; stack?: string },
    ): Promise<Ran>;
    remove(): void;
}

export type Program = () => Promise<Record<string, unknown> | undefined>;

/** Makes a project whose modules are the clone's, as an installation would have them. */
export function makeProject(): Project {
    const directory = mkdtempSync(path.join(tmpdir(), "bootsource-engine-"));
    symlinkSync(path.join(clone, "node_modules"), path.join(directory, "node_modules"));
    for (const name of ["backend", "home"]) mkdirSync(path.join(directory, name));
    let last: Program = () => Promise.resolve({});
    return {
        directory,
        store: path.join(directory, "store"),
        run: async (operation, program = last, options = {}) => {
            last = program;
            const stack = await select(directory, program, options.stack ?? "test");
            const store = options.store === undefined ? "./store" : options.store;
            if (store === null) await stack.removeConfig("bootsource:store").catch(() => undefined);
            else await stack.setConfig("bootsource:store", { value: store });
            return operate(stack, operation);
        },
        remove: () => {
            rmSync(directory, { recursive: true, force: true });
        },
    };
}

/** sha256 of a file, by Node's own hash over the whole file: the second path of every assertion. */
export function sha256Of(file: string): string {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
}

async function select(directory: string, program: Program, stackName: string): Promise<Stack> {
    return LocalWorkspace.createOrSelectStack(
        { stackName, projectName: "engine", program: program as never },
        {
            workDir: directory,
            // By default `main` is this process's directory, and relative paths would lead into the clone.
            projectSettings: { name: "engine", runtime: "nodejs", main: directory },
            envVars: {
                PULUMI_BACKEND_URL: `file://${path.join(directory, "backend")}`,
                PULUMI_HOME: path.join(directory, "home"),
                PULUMI_CONFIG_PASSPHRASE: "correct horse",
                PULUMI_SKIP_UPDATE_CHECK: "true",
                PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
                PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
            },
        },
    );
}

async function operate(stack: Stack, operation: "up" | "preview" | "refresh" | "destroy"): Promise<Ran> {
    const steps: Record<string, string[]> = {};
    const diagnostics: string[] = [];
    let text = "";
    const onEvent = (event: EngineEvent): void => {
        const step = event.resourcePreEvent?.metadata;
        if (step !== undefined) (steps[nameOf(step.urn)] ??= []).push(step.op);
        const said = event.diagnosticEvent;
        if (said !== undefined && said.ephemeral !== true) {
            diagnostics.push(`${said.severity} ${nameOf(said.urn ?? "")}: ${plain(said.message).trim()}`);
        }
    };
    const onOutput = (chunk: string): void => {
        text += chunk;
    };
    try {
        await stack[operation]({ onEvent, onOutput, onError: onOutput, color: "never" } as never);
    } catch (error) {
        return { steps, text, diagnostics, outputs: {}, failure: `${text}\n${String(error)}` };
    }
    const values = await stack.outputs();
    const outputs = Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value as unknown]));
    return { steps, text, diagnostics, outputs, failure: undefined };
}

function nameOf(urn: string): string {
    return urn.split("::").at(-1) ?? urn;
}

function plain(text: string): string {
    return text.replace(/<\{%[^%]*%\}>/g, "");
}
