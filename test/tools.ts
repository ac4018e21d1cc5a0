// What a test does when a program it needs is not installed: it is skipped on a developer's machine and fails on a build server.
import { accessSync, constants, statSync } from "node:fs";
import * as path from "node:path";
import type { Context } from "mocha";

/**
 * The path of a program on PATH. Without it the test is skipped and counted as skipped; with CI set it fails, because nothing may
 * go untested there. Call it first: `const qemuImg = requireTool(this, "qemu-img");`
 */
export function requireTool(context: Context, name: string): string {
    const found = findTool(name);
    if (found !== undefined) return found;
    if (process.env.CI !== undefined && process.env.CI !== "") {
        throw new Error(`cannot run this test: ${name} is not installed; with CI set nothing may be skipped`);
    }
    context.skip();
}

/** The path of a program on PATH, or undefined. */
export function findTool(name: string): string | undefined {
    const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""];
    return (process.env.PATH ?? "")
        .split(path.delimiter)
        .flatMap((directory) => endings.map((ending) => path.join(directory, name + ending)))
        .find(isProgram);
}

function isProgram(file: string): boolean {
    try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
    } catch {
        return false;
    }
}

/**
 * What a suite does after its last test, said in its `before` once there is something to end: a suite that is skipped before that has
 * nothing to end, and an `after` of its own would fail on what was never begun.
 */
export function afterwards(context: Context, end: () => unknown): void {
    context.runnable().parent?.afterAll(async () => {
        await end();
    });
}
