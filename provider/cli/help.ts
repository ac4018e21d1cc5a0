// What --help says: written from the table of commands, so that it cannot leave one out.
import { commands, type Command, type CommandName } from "./commands.js";

/** Help for the whole program. */
export function generalHelp(): string {
    const list = Object.entries(commands).map(([name, { summary }]) => `    ${name.padEnd(10)}${summary}`);
    return `bootsource brings virtual machine images to where they are needed: verified, raw and ready to boot.

Usage: bootsource COMMAND ...

Commands:
${list.join("\n")}

Examples:
    bootsource inspect https://example.com/fedora.qcow2
    bootsource import https://example.com/fedora.qcow2 fedora.img --size 10Gi
    qemu-system-x86_64 -m 2G -snapshot -drive file=fedora.img,format=raw

"bootsource COMMAND --help" tells more about one. "bootsource --version" tells the version.
`;
}

/** Help for one command. */
export function helpOf(name: CommandName): string {
    const command: Command = commands[name];
    const usages = Object.entries(command.flags).map(([flag, { value, text }]) => {
        return [value === undefined ? `--${flag}` : `--${flag} ${value}`, text] as const;
    });
    const width = Math.max(24, ...usages.map(([usage]) => usage.length + 2));
    const flags = usages.map(([usage, text]) => `    ${usage.padEnd(width)}${text}`);
    return `${command.summary}.

Usage: bootsource ${[name, ...command.operands].join(" ")} [flags]

${command.text.trim()}

Flags:
${flags.join("\n")}
    ${"--help".padEnd(width)}This text.
`;
}
