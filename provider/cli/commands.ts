// The subcommands, one line each.
import { adoptCommand } from "./adopt-command.js";
import { agentCommand } from "./agent/agent-command.js";
import { cloneCommand } from "./clone-command.js";
import { UsageError, nearest, type CommandLine, type Flag } from "./command-line.js";
import { importCommand } from "./import-command.js";
import { inspectCommand } from "./inspect-command.js";
import { outdatedCommand } from "./outdated-command.js";
import { refreshCommand } from "./refresh-command.js";
import { statusCommand } from "./status-command.js";

/** One subcommand. */
export interface Command {
    readonly summary: string;
    /** Names of what stands without a flag, in order; "[NAME]" may be left out, "[NAME...]" may be several. */
    readonly operands: readonly string[];
    readonly flags: Readonly<Record<string, Flag>>;
    /** What the help says beside that: sentences and examples. */
    readonly text: string;
    /** It runs until it is told to stop: a SIGTERM is no failure. */
    readonly service?: boolean;
    run(line: CommandLine, signal: AbortSignal): Promise<void>;
}

/** Every subcommand by its name. */
export const commands = {
    import: importCommand,
    inspect: inspectCommand,
    status: statusCommand,
    agent: agentCommand,
    refresh: refreshCommand,
    outdated: outdatedCommand,
    clone: cloneCommand,
    adopt: adoptCommand,
} as const satisfies Record<string, Command>;

/** The name of a subcommand. */
export type CommandName = keyof typeof commands;

/** The subcommand of a name; otherwise an error that says which one was probably meant. */
export function findCommand(name: string): CommandName {
    if (Object.hasOwn(commands, name)) return name as CommandName;
    const names = Object.keys(commands);
    throw new UsageError(`cannot find the command "${name}": ${nearest(name, names)}; "bootsource --help" shows all`);
}
