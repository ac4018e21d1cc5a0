// The Pulumi CLI: on PATH, else in the cache, else by npm's launcher, else built from the pinned Go modules. First found, first used.
"use strict";
const fs = require("fs");
const path = require("path");
const { cacheDirectory } = require("./cache.cjs");
const { buildPulumi, builtPulumi, pulumiVersion } = require("./pulumi-build.cjs");
const { launchedPulumi, launchPulumi } = require("./pulumi-launcher.cjs");
const { SetupError } = require("./say.cjs");

/** Answers the directory that holds `pulumi`; its language host for Node lies beside it or on PATH. */
async function findPulumi(clone) {
    const version = pulumiVersion(clone);
    const ready =
        onPath(process.env.PATH || "") || launchedPulumi(cacheDirectory(), version) || (await builtPulumi(clone));
    if (ready) return ready;
    const launched = await launchPulumi(cacheDirectory(), version);
    if (launched.directory) return launched.directory;
    const built = await buildPulumi(clone);
    if (built.directory) return built.directory;
    throw new SetupError(
        "the Pulumi CLI is needed and could not be had: it is not on PATH, it cannot be downloaded (" +
            launched.reason +
            "), and it cannot be built (" +
            built.reason +
            "); install Pulumi from pulumi.com, or Go 1.26 or newer with " +
            "access to a Go module proxy, and run this again",
    );
}

/** The directory of the first `pulumi` on a PATH that can run our programs: one without a host for Node cannot. */
function onPath(searchPath) {
    const directories = searchPath.split(path.delimiter).filter((directory) => directory !== "");
    const cli = directories.find((directory) => has(directory, "pulumi"));
    if (cli === undefined) return undefined;
    const real = path.dirname(fs.realpathSync(program(cli, "pulumi")));
    const hosted = [cli, real].concat(directories).some((directory) => has(directory, "pulumi-language-nodejs"));
    return hosted ? cli : undefined;
}

function has(directory, name) {
    return program(directory, name) !== undefined;
}

function program(directory, name) {
    const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""];
    return endings.map((ending) => path.join(directory, name + ending)).find(isExecutable);
}

function isExecutable(file) {
    try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
    } catch (_) {
        return false; // not there, or not ours to run: the search goes on
    }
}

module.exports = { findPulumi, onPath };
