// The npm dependencies of the clone: installed by `npm ci`, and only when node_modules is not what package-lock.json says.
"use strict";
const fs = require("fs");
const path = require("path");
const { run, npm } = require("./run.cjs");
const { say, SetupError } = require("./say.cjs");

/**
 * `workerIs` is told the number of npm: killed without it, we leave an npm that goes on and must be waited for. Without install scripts:
 * the one that is there (@pulumi/kubernetes) would have Pulumi download a plugin that nothing here needs.
 */
async function installDependencies(clone, workerIs) {
    if (isInstalled(clone)) return;
    say("installing the npm dependencies with npm ci (up to a minute)");
    const [command, ...first] = npm();
    const args = first.concat("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
    const { code, output } = await run(command, args, { cwd: clone, quiet: true, timeout: 900000, started: workerIs });
    if (code === 0) return;
    process.stderr.write(output);
    throw new SetupError("npm ci failed; see the lines above (without a network the dependencies cannot be fetched)");
}

/**
 * Whether every package of the lock file is there in its version. npm lists what it installed in node_modules/.package-lock.json,
 * as its last act: an install that was killed has none, and one by the user's own `npm install` counts as well as ours.
 */
function isInstalled(clone) {
    const hidden = path.join(clone, "node_modules", ".package-lock.json");
    if (!fs.existsSync(hidden)) return false;
    const wanted = JSON.parse(fs.readFileSync(path.join(clone, "package-lock.json"), "utf8")).packages;
    const present = JSON.parse(fs.readFileSync(hidden, "utf8")).packages;
    return Object.keys(wanted).every(function (name) {
        const entry = wanted[name];
        if (!name.includes("node_modules/") || isForOthers(entry) || entry.peer) return true;
        if (entry.link) return fs.existsSync(path.join(clone, name)); // an example, or this package itself
        return present[name] !== undefined && present[name].version === entry.version;
    });
}

/** Packages for other systems are never there. An optional one for every system is: the tests need it. */
function isForOthers(entry) {
    return (entry.optional || entry.devOptional) && Boolean(entry.os || entry.cpu || entry.libc);
}

module.exports = { installDependencies, isInstalled };
