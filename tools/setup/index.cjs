// The whole set-up, in order: dependencies, compile, Pulumi CLI. Answers the environment that the real work runs in.
"use strict";
const crypto = require("crypto");
const os = require("os");
const path = require("path");
const { locked } = require("./cache.cjs");
const { compile } = require("./compile.cjs");
const { installDependencies } = require("./dependencies.cjs");
const { findPulumi } = require("./pulumi.cjs");

const clone = path.resolve(__dirname, "..", "..");

/** Prepares the clone, and with `pulumi` also the CLI, which then stands first on the PATH of the environment answered. */
async function setUp(options) {
    const name = "clone-" + crypto.createHash("sha256").update(clone).digest("hex").slice(0, 12);
    await locked(name, async function (workerIs) {
        await installDependencies(clone, workerIs);
        if (options.compile !== false) await compile(clone);
    });
    const env = Object.assign({}, process.env, { PULUMI_SKIP_UPDATE_CHECK: "true" });
    // Each `pulumi` starts a Node that loads Pulumi's SDK; half of that time goes into compiling what the last one compiled too.
    env.NODE_COMPILE_CACHE = env.NODE_COMPILE_CACHE || path.join(os.tmpdir(), "node-compile-cache");
    const first = [path.dirname(process.execPath)];
    if (options.pulumi) first.unshift(await findPulumi(clone));
    env.PATH = first.concat(env.PATH || []).join(path.delimiter);
    return env;
}

module.exports = { setUp, clone };
