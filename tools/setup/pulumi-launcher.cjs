// The official Pulumi CLI by npm's `pulumi` launcher, which downloads it from Pulumi's own site. Often there is no way out to it.
"use strict";
const fs = require("fs");
const path = require("path");
const { installOnce } = require("./cache.cjs");
const { run, reasonIn, npm } = require("./run.cjs");
const { say } = require("./say.cjs");

const LAUNCHER = "3.265.0";

/** The directory of a CLI that the launcher downloaded earlier. */
function launchedPulumi(cache, version) {
    const directory = path.join(cache, "pulumi", "official", "versions", version, "bin");
    return fs.existsSync(path.join(directory, process.platform === "win32" ? "pulumi.exe" : "pulumi"))
        ? directory
        : undefined;
}

/**
 * Fetches the launcher from npm and lets it download the CLI into the cache: it installs under PULUMI_HOME, so the user's own is not
 * touched. Answers the CLI's directory, or the reason why there is none.
 */
async function launchPulumi(cache, version) {
    let reason = "";
    say("no Pulumi CLI on PATH: asking npm's launcher for the official one (up to a few minutes where downloads work)");
    try {
        await installOnce("pulumi/official", async function (partial) {
            reason = await download(partial, version);
            if (reason !== "") throw new Error(reason);
        });
    } catch (error) {
        if (reason === "") throw error;
        say("no download possible (" + reason + ")");
        return { reason };
    }
    return { directory: launchedPulumi(cache, version), reason: "the launcher left no CLI" };
}

async function download(home, version) {
    const [command, ...first] = npm();
    const flags = [
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--loglevel=error",
        "--fetch-retries=0",
    ];
    const args = first.concat("install", "--prefix", home, flags, "pulumi@" + LAUNCHER);
    const fetched = await run(command, args, { cwd: home, quiet: true, timeout: 60000 });
    if (fetched.code !== 0) return "npm: " + reasonIn(fetched.output);
    const launcher = path.join(home, "node_modules", "pulumi", "run.js");
    const env = Object.assign({}, process.env, {
        PULUMI_HOME: home,
        PULUMI_VERSION: version,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        NODE_USE_ENV_PROXY: "1",
    });
    const launched = await run(process.execPath, [launcher, "version"], {
        cwd: home,
        env,
        quiet: true,
        timeout: 300000,
    });
    return launched.code === 0 ? "" : reasonIn(launched.output);
}

module.exports = { launchedPulumi, launchPulumi };
