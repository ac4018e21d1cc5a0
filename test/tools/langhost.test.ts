// The language host that goes with a built CLI: how it starts a program, and what it makes of the way the program ends.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { clone, Sandbox } from "./sandbox";

const { runProgram } = require(path.join(clone, "tools/langhost/program.cjs")) as {
    runProgram: (request: unknown, engine: string) => Promise<{ bail?: boolean; error?: string }>;
};

interface Noted {
    args: string[];
    node: string[];
    env: Record<string, string>;
}

describe("the language host", () => {
    let sandbox: Sandbox;
    beforeEach(() => (sandbox = new Sandbox()));
    afterEach(() => {
        sandbox.remove();
    });

    /** Runs a program whose SDK only notes how it was started, or ends as told. */
    const start = async (runner: string, options: object = {}, dryRun = false) => {
        const file = path.join(sandbox.root, "node_modules/@pulumi/pulumi/cmd/run/index.js");
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, runner);
        return runProgram(request(sandbox.root, options, dryRun), "127.0.0.1:1");
    };
    const note = `require("fs").writeFileSync("noted.json", JSON.stringify({
        args: process.argv.slice(2), node: process.execArgv, env: process.env }));`;
    const noted = () => JSON.parse(fs.readFileSync(path.join(sandbox.root, "noted.json"), "utf8")) as Noted;

    it("starts the SDK's runner with the engine's addresses, the configuration and the program", async () => {
        assert.deepEqual(await start(note, {}, true), {});
        const { args, env } = noted();
        assert.equal(
            args.join(" "),
            `--monitor 127.0.0.1:2 --engine 127.0.0.1:1 --organization me --project mine --stack dev \
--root-directory ${sandbox.root} --pwd ${sandbox.root} --parallel 16 --dry-run ${path.join(sandbox.root, "index.ts")}`,
        );
        assert.deepEqual(JSON.parse(env.PULUMI_CONFIG ?? ""), { "bootsource:store": "./store" });
        assert.deepEqual(JSON.parse(env.PULUMI_CONFIG_SECRET_KEYS ?? ""), ["mine:password"]);
        assert.equal(env.PULUMI_NODEJS_TYPESCRIPT, "true");
    });

    it("follows the options of Pulumi.yaml: nodeargs, typescript, tsconfig", async () => {
        await start(note, { nodeargs: "--no-warnings --stack-size=900", typescript: false, tsconfig: "other.json" });
        const { args, node, env } = noted();
        assert.deepEqual(node, ["--no-warnings", "--stack-size=900"]);
        assert.equal(env.PULUMI_NODEJS_TYPESCRIPT, "");
        assert.equal(env.PULUMI_NODEJS_TSCONFIG_PATH, path.join(sandbox.root, "other.json"));
        assert.ok(!args.includes("--dry-run"));
    });

    it("ends by itself when the CLI that started it was killed", async () => {
        const host = path.join(clone, "tools/langhost/host.cjs");
        const cli = spawn(
            process.execPath,
            [
                "-e",
                `require("child_process").spawn(process.execPath,
            [${JSON.stringify(host)}, "127.0.0.1:1"], { stdio: ["ignore", "inherit", "inherit"] })`,
            ],
            {
                cwd: clone,
                stdio: ["ignore", "pipe", "inherit"],
            },
        );
        await once(cli.stdout, "data"); // the host has said its port
        const bothEnded = once(cli.stdout, "close");
        cli.kill("SIGKILL");
        await bothEnded;
    });

    it("tells a program that has said what is wrong from one that died", async () => {
        assert.deepEqual(await start("process.exit(32)"), { bail: true });
        assert.deepEqual(await start("process.exit(3)"), { error: "the program ended with exit code 3" });
        assert.deepEqual(await start('process.kill(process.pid, "SIGKILL")'), {
            error: "the program ended with SIGKILL",
        });
    });
});

/** What the CLI asks for, as the gRPC stubs give it. */
function request(directory: string, options: object, dryRun: boolean): unknown {
    const answers: Record<string, unknown> = {
        Pwd: directory,
        Program: ".",
        MonitorAddress: "127.0.0.1:2",
        Organization: "me",
        Project: "mine",
        Stack: "dev",
        Parallel: 16,
        Dryrun: dryRun,
        ArgsList: [],
        ConfigMap: new Map([["bootsource:store", "./store"]]),
        ConfigsecretkeysList: ["mine:password"],
        Info: getters({
            ProgramDirectory: directory,
            RootDirectory: directory,
            EntryPoint: "index.ts",
            Options: { toJavaScript: () => options },
        }),
    };
    return getters(answers);
}

function getters(answers: Record<string, unknown>): unknown {
    return Object.fromEntries(Object.entries(answers).map(([name, answer]) => [`get${name}`, () => answer]));
}
