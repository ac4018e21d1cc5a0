// A project as a user has it: an empty directory elsewhere, the packed tarball installed by npm or pnpm, a program of ten lines.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export const clone = path.resolve(__dirname, "..", "..", "..");

/** What a program printed, and how it ended. */
export interface Ran {
    readonly code: number | null;
    readonly out: string;
    readonly err: string;
}

/** Runs a program to its end. What npm told the process that runs us is not passed on: a user starts from a plain shell. */
export function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^BOOTSOURCE_/i.test(name)));
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, { cwd, env: { ...plain, ...env }, stdio: ["ignore", "pipe", "pipe"] });
        const [out, err]: [Buffer[], Buffer[]] = [[], []];
        child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
        child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
        child.on("error", reject);
        child.on("close", (code) => {
            resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
        });
    });
}

/** npm as the machine has it: the one that runs us, else the one on PATH. */
export function npm(args: readonly string[], cwd: string): Promise<Ran> {
    const running = process.env.npm_execpath ?? "";
    return running.endsWith("npm-cli.js") ? run(process.execPath, [running, ...args], cwd) : run("npm", args, cwd);
}

/** An empty TypeScript project with these compiler settings. */
export function emptyProject(program: string, compiler: Readonly<Record<string, string>>): Project {
    const project = new Project();
    project.write("package.json", JSON.stringify({ name: "mine", private: true }));
    project.write(
        "tsconfig.json",
        JSON.stringify({ compilerOptions: { strict: true, target: "es2022", ...compiler } }),
    );
    project.write("Pulumi.yaml", "name: mine\nruntime: nodejs\nmain: index.ts\n");
    project.write("index.ts", program);
    return project;
}

/** A copy of an example, with the clone's modules. */
export function projectFrom(example: string): Project {
    const project = new Project();
    fs.cpSync(example, project.directory, { recursive: true });
    fs.symlinkSync(path.join(clone, "node_modules"), path.join(project.directory, "node_modules"));
    return project;
}

/** A directory for a project, with a Pulumi home and backend of its own. */
export class Project {
    readonly root = fs.mkdtempSync(path.join(os.tmpdir(), "bootsource-user-"));
    readonly directory = path.join(this.root, "project");

    constructor() {
        fs.mkdirSync(path.join(this.root, "backend"));
        fs.mkdirSync(this.directory);
    }

    write(name: string, content: string): void {
        fs.writeFileSync(path.join(this.directory, name), content);
    }

    /** Runs the plain command; never the user's own home, login or stacks. */
    pulumi(...args: string[]): Promise<Ran> {
        return run("pulumi", [...args, "--non-interactive", "--color", "never"], this.directory, {
            PULUMI_HOME: path.join(this.root, "home"),
            PULUMI_BACKEND_URL: `file://${path.join(this.root, "backend")}`,
            PULUMI_CONFIG_PASSPHRASE: "",
            PULUMI_STACK: "dev",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        });
    }

    remove(): void {
        fs.rmSync(this.root, { recursive: true, force: true });
    }
}
