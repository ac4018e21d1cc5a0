// The `bootsource` command: finds the subcommand, runs it, and turns what happens into an exit code and one sentence.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isBootsourceError, toBootsourceError } from "../model/errors.js";
import { type Command, type CommandName, commands, findCommand } from "./commands.js";
import { generalHelp, helpOf } from "./help.js";
import { parseCommandLine, UsageError } from "./command-line.js";

/** Exit codes: done, failed, not understood, and the shell's own for the two signals. */
const exitCodes = { done: 0, failed: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;

/** Runs the command for a process: signals cancel it, and its exit code is the process's. */
export function run(parameters: readonly string[]): void {
    const controller = new AbortController();
    let signalled: "SIGINT" | "SIGTERM" | undefined;
    for (const name of ["SIGINT", "SIGTERM"] as const) {
        // Once: whoever asks a second time does not want to wait for the cleaning up.
        process.once(name, () => {
            signalled = name;
            controller.abort();
        });
    }
    void main(parameters, controller.signal).then((code) => {
        const service = commands[parameters[0] as CommandName] as Command | undefined;
        const asMeant = code === exitCodes.done && signalled === "SIGTERM" && service?.service === true;
        process.exitCode = signalled === undefined || asMeant ? code : exitCodes[signalled];
        // What a cancelled program leaves open (an idle connection) must not keep it.
        process.stdout.write("", () => process.exit());
    });
}

async function main(parameters: readonly string[], signal: AbortSignal): Promise<number> {
    const json = parameters.includes("--json");
    try {
        const [first, ...rest] = parameters;
        if (first === undefined || first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
            process.stdout.write(generalHelp());
            return first === undefined ? exitCodes.usage : exitCodes.done;
        }
        if (first === "--version") {
            process.stdout.write(`${version()}\n`);
            return exitCodes.done;
        }
        if (first === "help") {
            process.stdout.write(helpOf(findCommand(rest[0] ?? "")));
            return exitCodes.done;
        }
        const command = findCommand(first);
        if (rest.includes("--help") || rest.includes("-h")) {
            process.stdout.write(helpOf(command));
            return exitCodes.done;
        }
        await commands[command].run(parseCommandLine(command, commands[command], rest), signal);
        return exitCodes.done;
    } catch (thrown) {
        report(thrown, json);
        return thrown instanceof UsageError ? exitCodes.usage : exitCodes.failed;
    }
}

function report(thrown: unknown, json: boolean): void {
    const error = toBootsourceError(thrown, "run the command");
    if (json) {
        const { code, message, facts } = error;
        process.stderr.write(`${JSON.stringify({ code, message, facts })}\n`);
        return;
    }
    process.stderr.write(`bootsource: ${error.code}: ${error.message}\n`);
    // What is not ours is a mistake of ours: its place helps whoever reports it.
    if (!isBootsourceError(thrown) && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ""}\n`);
}

function version(): string {
    const manifest: unknown = JSON.parse(readFileSync(join(__dirname, "..", "..", "..", "package.json"), "utf8"));
    if (typeof manifest !== "object" || manifest === null || !("version" in manifest)) return "unknown";
    return String(manifest.version);
}
