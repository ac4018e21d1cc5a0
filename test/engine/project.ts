// A Pulumi project in a directory of its own, driven by the real CLI through the Automation API, with the real provider process.
import { createHash } from "node:crypto";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { runtime } from "@pulumi/pulumi";
import type { ConfigValue as Setting, EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { newStack } from "./stack.js";

const clone = path.resolve(__dirname, "../../..");

/*
 * Every run's engine listens on ports of its own, and gRPC keeps what it knows of a port for the whole process: an engine that
 * gets the port of one that failed before would be taken for unreachable ("14 UNAVAILABLE ... Last error: null"). With a pool per
 * channel nothing of an earlier run is left.
 */
(runtime as unknown as { grpcClientOptions: Record<string, unknown> }).grpcClientOptions[
    "grpc.use_local_subchannel_pool"
] = 1;

/** What Pulumi marks a secret with, in a state. */
const secretMark = "4dabf18193072939515e22adb298388d";

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
        options?: {
            store?: string | null;
            stack?: string;
            config?: Readonly<Record<string, ConfigValue>>;
            /** A file that a preview writes its plan to, and that an update is held to. */
            plan?: string;
        },
    ): Promise<Ran>;
    /** The stack's state as it lies in the backend. */
    state(): string;
    remove(): void;
}

/** A value of the stack's configuration; a secret says so. */
export type ConfigValue = string | Setting;

export type Program = () => Promise<Record<string, unknown> | undefined>;

/** Makes a project whose modules are the clone's, as an installation would have them. */
export function makeProject(): Project {
    const directory = mkdtempSync(path.join(tmpdir(), "bootsource-engine-"));
    symlinkSync(path.join(clone, "node_modules"), path.join(directory, "node_modules"));
    for (const name of ["backend", "home"]) mkdirSync(path.join(directory, name));
    let last: Program = () => Promise.resolve({});
    const stacks = new Map<string, Promise<Selected>>();
    return {
        directory,
        store: path.join(directory, "store"),
        run: async (operation, program = last, { stack: name = "test", store = "./store", config, plan } = {}) => {
            last = program;
            const selected = stacks.get(name) ?? select(directory, name);
            stacks.set(name, selected);
            const { stack, settings } = await selected;
            stack.workspace.program = program as never;
            const given = Object.entries(config ?? {}).map(([key, value]) => [`bootsource:${key}`, value] as const);
            await configure(stack, settings, new Map([["bootsource:store", store ?? undefined], ...given]));
            return operate(stack, operation, plan);
        },
        state: () => readFileSync(path.join(directory, "backend", ".pulumi", "stacks", "engine", "test.json"), "utf8"),
        remove: () => {
            rmSync(directory, { recursive: true, force: true });
        },
    };
}

/** sha256 of a file, by Node's own hash over the whole file: the second path of every assertion. */
export function sha256Of(file: string): string {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** What Pulumi keeps of a resource by its name: its outputs, as they lie in the backend. */
export function stateOf(project: Project, name: string): Record<string, unknown> {
    const state = JSON.parse(project.state()) as {
        checkpoint: { latest: { resources: { urn: string; outputs?: Record<string, unknown> }[] } };
    };
    const found = state.checkpoint.latest.resources.find(({ urn }) => nameOf(urn) === name);
    if (found?.outputs === undefined) throw new Error(`the state has no resource ${name} with outputs`);
    return found.outputs;
}

/** A stack, and the settings that it was given: each command of the CLI costs a fifth of a second, so none is given twice. */
interface Selected {
    readonly stack: Stack;
    readonly settings: Map<string, string>;
}

async function select(directory: string, name: string): Promise<Selected> {
    const stack = await newStack(directory, name);
    // What every operation asks at its end, in three more commands: the outputs are read from the state here, the history by nobody.
    stack.outputs = () => Promise.resolve({});
    stack.info = () => Promise.resolve(undefined);
    return { stack, settings: new Map() };
}

/** Sets what is not yet as it should be; a setting that is undefined is taken away. */
async function configure(
    stack: Stack,
    settings: Map<string, string>,
    wanted: ReadonlyMap<string, ConfigValue | undefined>,
): Promise<void> {
    const present = await stack.workspace.stackSettings(stack.name);
    const plain = { ...present.config };
    const secret: Record<string, Setting> = {};
    let changes = 0;
    for (const [key, value] of wanted) {
        if (settings.get(key) === JSON.stringify(value)) continue;
        changes++;
        settings.set(key, JSON.stringify(value));
        if (value === undefined) Reflect.deleteProperty(plain, key);
        else if (typeof value === "string") plain[key] = value;
        else secret[key] = value;
    }
    if (changes === 0) return;
    // What is no secret is written as a user edits the file; the CLI encrypts the rest.
    await stack.workspace.saveStackSettings(stack.name, { ...present, config: plain });
    if (Object.keys(secret).length > 0) await stack.setAllConfig(secret);
}

async function operate(
    stack: Stack,
    operation: "up" | "preview" | "refresh" | "destroy",
    plan: string | undefined,
): Promise<Ran> {
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
        await stack[operation]({ onEvent, onOutput, onError: onOutput, color: "never", plan } as never);
    } catch (error) {
        return { steps, text, diagnostics, outputs: {}, failure: `${text}\n${String(error)}` };
    }
    return { steps, text, diagnostics, outputs: await outputsOf(stack), failure: undefined };
}

/** The stack's outputs out of its state; the CLI is asked where one is a secret, whose text the state does not hold. */
async function outputsOf(stack: Stack): Promise<Record<string, unknown>> {
    const file = path.join(stack.workspace.workDir, "backend", ".pulumi", "stacks", "engine", `${stack.name}.json`);
    const state = JSON.parse(readFileSync(file, "utf8")) as {
        checkpoint: { latest?: { resources?: { type: string; outputs?: Record<string, unknown> }[] } };
    };
    const found = state.checkpoint.latest?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
    if (!JSON.stringify(found).includes(secretMark)) return found;
    const values = await stack.workspace.stackOutputs(stack.name);
    return Object.fromEntries(Object.entries(values).map(([key, { value }]) => [key, value as unknown]));
}

function nameOf(urn: string): string {
    return urn.split("::").at(-1) ?? urn;
}

function plain(text: string): string {
    return text.replace(/<\{%[^%]*%\}>/g, "");
}
