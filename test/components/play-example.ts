// The example of virtual machines as a program under Pulumi's mocks, also on a machine without Pulumi's Kubernetes package.
import { readFileSync } from "node:fs";
import Module from "node:module";
import * as path from "node:path";
import { compileFunction } from "node:vm";
import type * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import { play } from "./mocked-run.js";

const [, , peer = ""] = process.argv;
if (peer === "without") hide("@pulumi/kubernetes");

void play(
    { example: () => load(path.resolve(__dirname, "..", "..", "..", "examples", "virtual-machine", "index.ts")) },
    { "bootsource:kubeconfig": "kind: Config\n", "project:sshKey": "ssh-ed25519 AAAA me@example" },
    false,
);

/** Runs a program of a user's in its own place, so that it finds this package by its name; answers its exports. */
function load(file: string): Record<string, pulumi.Input<unknown>> {
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
        compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const module = { exports: {} as Record<string, pulumi.Input<unknown>> };
    const run = compileFunction(outputText, ["require", "module", "exports"], { filename: file }) as (
        ...args: unknown[]
    ) => void;
    run(Module.createRequire(file), module, module.exports);
    return module.exports;
}

/** As if a package were not installed. */
function hide(name: string): void {
    const resolver = Module as unknown as { _resolveFilename(request: string, ...others: unknown[]): string };
    const resolve = resolver._resolveFilename.bind(resolver);
    resolver._resolveFilename = (request, ...others) => {
        if (!request.startsWith(name)) return resolve(request, ...others);
        throw Object.assign(new Error(`Cannot find module '${request}'`), { code: "MODULE_NOT_FOUND" });
    };
}
