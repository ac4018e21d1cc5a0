// Programs under Pulumi's mocks, in a process of their own (mocks are the whole process's): what the engine would be told.
import { spawn } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";

/** A resource as the engine would be told of it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever a kind holds; a test that reads a field knows it
    readonly inputs: any;
    readonly parent: string;
    /** URNs of what must be there first. */
    readonly dependencies: readonly string[];
    readonly ignoreChanges: readonly string[];
    readonly provider: string;
    /** Paths of the inputs that came as secrets. */
    readonly secrets: readonly string[];
}

/** What a run came to. */
export interface Run {
    readonly registered: readonly Registered[];
    /** What each program answered, without what is not known yet. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    readonly answers: Record<string, any>;
    /** What each program that failed said. */
    readonly errors: Record<string, { message: string; isResourceError: boolean; code: string | undefined }>;
}

/** A program: answers outputs to wait for. */
export type Program = () => Record<string, pulumi.Input<unknown>>;

/** Runs a script that calls `play`, and answers what it printed. */
export function runScript(script: string, ...args: string[]): Promise<Run> {
    return new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
        const [out, err]: [Buffer[], Buffer[]] = [[], []];
        child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
        child.on("error", reject);
        child.on("close", (code) => {
            if (code === 0) resolve(JSON.parse(Buffer.concat(out).toString()) as Run);
            else reject(new Error(`${script} ended with ${String(code)}: ${Buffer.concat(err).toString()}`));
        });
    });
}

/** In the script: plays the programs, one after another in one stack, and prints the run. */
export async function play(
    programs: Readonly<Record<string, Program>>,
    config: Readonly<Record<string, string>>,
    preview: boolean,
): Promise<void> {
    const registered: Registered[] = [];
    const answers: Run["answers"] = {};
    const errors: Run["errors"] = {};
    // A refusal of a value that came late fails whatever waits for it; the program's answer is the one that is looked at.
    process.on("unhandledRejection", () => undefined);
    await pulumi.runtime.setMocks({ newResource: asMade, call: () => ({}) }, "project", "stack", preview);
    pulumi.runtime.setAllConfig(config);
    listen(registered);
    await pulumi.runtime.runInPulumiStack(async () => {
        for (const [name, program] of Object.entries(programs)) {
            try {
                const answer = program();
                const known = await Promise.all(
                    Object.entries(answer).map(async ([key, value]) => [key, await promiseOf(value)] as const),
                );
                answers[name] = Object.fromEntries(known);
            } catch (thrown) {
                const { message, cause } = thrown as Error & { cause?: { code?: string } };
                errors[name] = { message, isResourceError: pulumi.ResourceError.isInstance(thrown), code: cause?.code };
            }
        }
    });
    process.stdout.write(JSON.stringify({ registered, answers, errors }), () => process.exit(0));
}

/** What the providers would answer. */
function asMade({ type, name, inputs }: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
    const state: Record<string, unknown> = { ...inputs };
    if (type.endsWith(":BootSource")) state.dataSource = { namespace: inputs.namespace ?? "default", name };
    if (type.endsWith(":ImportedImage")) {
        state.claimName = `${name}-1a2b3c4d`;
        state.namespace = inputs.namespace ?? "default";
    }
    if (type.endsWith(":VirtualMachine")) {
        state.metadata = { namespace: "of-the-provider", ...inputs.metadata };
        state.status = { printableStatus: "Provisioning", ready: false };
    }
    return { id: `${name}-id`, state };
}

const secretMark = "4dabf18193072939515e22adb298388d";

/** What is read of a request to register a resource; its type is Pulumi's own, and not exported. */
interface Request {
    getType(): string;
    getName(): string;
    getParent(): string;
    getProvider(): string;
    getDependenciesList(): string[];
    getIgnorechangesList(): string[];
    getObject(): { toJavaScript(): unknown };
}

/** Notes requests as they come: mocks alone are not told of dependencies, options and secrets. */
function listen(registered: Registered[]): void {
    const monitor = pulumi.runtime.getMonitor() as unknown as {
        registerResource(request: Request, callback: unknown): unknown;
    };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
        const secrets: string[] = [];
        const inputs = reveal(request.getObject().toJavaScript(), "", secrets);
        registered.push({
            type: request.getType(),
            name: request.getName(),
            inputs,
            parent: request.getParent(),
            dependencies: request.getDependenciesList(),
            ignoreChanges: request.getIgnorechangesList(),
            provider: request.getProvider(),
            secrets,
        });
        return register(request, callback);
    };
}

function reveal(value: unknown, at: string, secrets: string[]): unknown {
    if (Array.isArray(value)) return value.map((item, index) => reveal(item, `${at}[${index}]`, secrets));
    if (typeof value !== "object" || value === null) return value;
    if (secretMark in value) {
        secrets.push(at);
        return reveal((value as { value?: unknown }).value, at, secrets);
    }
    return Object.fromEntries(
        Object.entries(value).map(([key, inside]) => [key, reveal(inside, at === "" ? key : `${at}.${key}`, secrets)]),
    );
}

/** Also of an output that a preview does not know, for which an `apply` would wait for ever. */
function promiseOf(value: pulumi.Input<unknown>): Promise<unknown> {
    return (pulumi.output(value as pulumi.Input<string>) as unknown as { promise(): Promise<unknown> }).promise();
}
