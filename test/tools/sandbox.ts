// A sandbox for tests of the set-up: a temporary directory with programs that only pretend, and a process that sees nothing else.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export const clone = path.resolve(__dirname, "..", "..", "..");

/** What `tools/setup/<name>.cjs` exports. The set-up is plain JavaScript, so its types are stated by whoever loads it. */
export function loadSetup(name: string): unknown {
    return require(path.join(clone, "tools", "setup", `${name}.cjs`));
}

/** A temporary directory: `programs` is a PATH of its own, `cache` is where the set-up keeps things. */
export class Sandbox {
    readonly root = fs.mkdtempSync(path.join(os.tmpdir(), "bootsource-tools-"));
    readonly programs = path.join(this.root, "programs");
    readonly cache = path.join(this.root, "pulumi-bootsource");
    readonly npm = path.join(this.root, "npm-cli.js");

    constructor() {
        fs.mkdirSync(this.programs);
        this.pretendNpm('console.error("npm error code ENOTFOUND"); process.exit(1)');
    }

    /** Puts a shell script on the sandbox's PATH, or into another directory. */
    pretend(name: string, script: string, directory = this.programs): string {
        fs.mkdirSync(directory, { recursive: true });
        const file = path.join(directory, name);
        fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
        return file;
    }

    /** What npm does, as JavaScript; `prefix` is the directory that it was told to install into. */
    pretendNpm(script: string): void {
        const prefix = 'const prefix = process.argv[process.argv.indexOf("--prefix") + 1];';
        fs.writeFileSync(this.npm, `const fs = require("fs"), path = require("path"); ${prefix} ${script}\n`);
    }

    /** Runs JavaScript in a process that finds the sandbox's programs and a shell's basics, and no others. */
    run(script: string): { code: number | null; out: string; err: string } {
        const PATH = [this.programs, "/bin", "/usr/bin"].filter((one) => one === this.programs || !hasGoOrPulumi(one));
        const env = { PATH: this.basics(PATH), HOME: this.root, XDG_CACHE_HOME: this.root, npm_execpath: this.npm };
        const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
            env,
            encoding: "utf8",
            cwd: this.root,
        });
        return { code: status, out: stdout, err: stderr };
    }

    remove(): void {
        fs.rmSync(this.root, { recursive: true, force: true });
    }

    /** A shell needs a few programs; where their directory also holds Go or Pulumi, they get links of their own. */
    private basics(directories: string[]): string {
        if (directories.length > 1) return directories.join(path.delimiter);
        for (const name of ["mkdir", "cat", "chmod"]) {
            const link = path.join(this.programs, name);
            if (!fs.existsSync(link)) fs.symlinkSync(path.join("/bin", name), link);
        }
        return this.programs;
    }
}

function hasGoOrPulumi(directory: string): boolean {
    return ["go", "pulumi"].some((name) => fs.existsSync(path.join(directory, name)));
}
