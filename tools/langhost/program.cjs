// Runs one Pulumi program in a Node process of its own, with the options of `runtime:` in Pulumi.yaml, and says how it ended.
"use strict";
const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const path = require("node:path");

const BAIL = 32; // the SDK's exit code for "failed, and the user has been told why"

/** Starts the SDK's runner on the program that the CLI asks for. Answers `{}`, `{ bail }` or `{ error }`. */
function runProgram(request, engine) {
    const info = request.getInfo();
    const options = info?.getOptions()?.toJavaScript() ?? {};
    const directory = info?.getProgramDirectory() || request.getPwd();
    const entry = path.resolve(directory, info?.getEntryPoint() || request.getProgram() || ".");
    const runner = createRequire(path.join(directory, "program.js")).resolve("@pulumi/pulumi/cmd/run");
    const nodeArgs = String(options.nodeargs ?? "")
        .split(/\s+/)
        .filter(Boolean);
    const args = [...nodeArgs, runner, ...runnerArguments(request, engine, info?.getRootDirectory() || directory)];
    const child = spawn(process.execPath, [...args, entry, ...request.getArgsList()], {
        cwd: request.getPwd(),
        env: { ...process.env, ...programEnvironment(request, options) },
        stdio: ["ignore", "inherit", "inherit"], // the CLI shows what a host prints as the program's output
    });
    return new Promise((resolve) => {
        child.on("error", (error) => resolve({ error: `cannot start the program: ${error.message}` }));
        child.on("close", (code, signal) => {
            if (code === 0) resolve({});
            else if (code === BAIL) resolve({ bail: true });
            else resolve({ error: `the program ended with ${signal ?? `exit code ${code}`}` });
        });
    });
}

function runnerArguments(request, engine, root) {
    const args = ["--monitor", request.getMonitorAddress(), "--engine", engine];
    args.push(
        "--organization",
        request.getOrganization(),
        "--project",
        request.getProject(),
        "--stack",
        request.getStack(),
    );
    args.push("--root-directory", root, "--pwd", request.getPwd(), "--parallel", String(request.getParallel()));
    if (request.getDryrun()) args.push("--dry-run");
    return args;
}

/** Configuration and the way TypeScript is loaded reach the SDK by the environment. */
function programEnvironment(request, options) {
    const config = {};
    request.getConfigMap().forEach((value, key) => (config[key] = value));
    return {
        PULUMI_CONFIG: JSON.stringify(config),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        PULUMI_NODEJS_TYPESCRIPT: options.typescript === false ? "" : "true",
        ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: path.resolve(request.getPwd(), options.tsconfig) } : {}),
    };
}

module.exports = { runProgram };
