// What the official CLI brings for Node and a built one lacks: our small language host, and the launcher of dynamic providers.
"use strict";
const fs = require("fs");
const path = require("path");

/** The files that a built CLI gets beside it; the cache is keyed by them. */
function hostFiles(clone) {
    const own = path.join(clone, "tools", "langhost");
    const sdk = path.join(clone, "node_modules", "@pulumi", "pulumi");
    const launchers = ["pulumi-resource-pulumi-nodejs", "pulumi-resource-pulumi-nodejs.cmd"].map((name) =>
        path.join(sdk, name),
    );
    return fs
        .readdirSync(own)
        .sort()
        .map((name) => path.join(own, name))
        .concat(launchers);
}

/** Fills `<directory>/bin` with the programs that the CLI looks for, and `<directory>/langhost` with what they run. */
function addNodeHosts(clone, directory) {
    const bin = path.join(directory, "bin");
    const host = path.join(directory, "langhost");
    fs.mkdirSync(host);
    for (const file of hostFiles(clone)) {
        const isProgram = path.basename(file).startsWith("pulumi-");
        fs.copyFileSync(file, path.join(isProgram ? bin : host, path.basename(file)));
        if (isProgram) fs.chmodSync(path.join(bin, path.basename(file)), 0o755);
    }
}

module.exports = { hostFiles, addNodeHosts };
