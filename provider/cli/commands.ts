// The subcommands, one line each.
import { UsageError, nearest, type CommandLine, type Flag } from "./command-line.js";
import { importCommand } from "./import-command.js";
import { inspectCommand } from "./inspect-command.js";

/** One subcommand. */
export interface Command {
    readonly summary: string;
    /** Names of what stands without a flag, in order; all are needed. */
    readonly operands: readonly string[];
    readonly flags: Readonly<Record<string, Flag>>;
    /** What the help says beside that: sentences and examples. */
    readonly text: string;
    run(line: CommandLine, signal: AbortSignal): Promise<void>;
}

/** Every subcommand by its name. */
export const commands = { import: importCommand, inspect: inspectCommand } as const satisfies Record<string, Command>;

/** The name of a subcommand. */
export type CommandName = keyof typeof commands;

/** The subcommand of a name; otherwise an error that says which one was probably meant. */
export function findCommand(name: string): CommandName {
    if (Object.hasOwn(commands, name)) return name as CommandName;
    const names = Object.keys(commands);
    throw new UsageError(`cannot find the command "${name}": ${nearest(name, names)}; "bootsource --help" shows all`);
}
