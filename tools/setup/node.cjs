// The right Node: goes on with the one that runs us where it is new enough, else with Node 24 from npm's per-platform packages.
"use strict";
const fs = require("fs");
const path = require("path");
const { installOnce } = require("./cache.cjs");
const { run, reasonIn, npm } = require("./run.cjs");
const { say, SetupError, fail } = require("./say.cjs");

const MINIMUM = [22, 15, 0];
const FETCHED = "24";
const PLATFORMS = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win-x64"];

/** Runs `main` in this process, or this script once more under the right Node. Ends the process with the result's exit code. */
function withRightNode(script, main) {
    const work = isNewEnough(process.version) ? main() : rerun(script);
    work.then((code) => process.exit(code), fail);
}

function isNewEnough(version) {
    const parts = version.replace(/^v/, "").split(".").map(Number);
    for (let i = 0; i < MINIMUM.length; i++) {
        if (parts[i] !== MINIMUM[i]) return parts[i] > MINIMUM[i];
    }
    return true;
}

async function rerun(script) {
    const node = await fetchNode(FETCHED, npm());
    const bin = path.dirname(node);
    const PATH = bin + path.delimiter + (process.env.PATH || "");
    const env = Object.assign({}, process.env, { PATH, NODE: node, npm_node_execpath: node });
    return (await run(node, [script].concat(process.argv.slice(2)), { env })).code;
}

/** Fetches a Node into the cache, once, and answers the path of its program. */
async function fetchNode(version, npmCommand) {
    const platform = (process.platform === "win32" ? "win" : process.platform) + "-" + process.arch;
    const wanted = "Node " + MINIMUM.slice(0, 2).join(".") + " or newer is needed (this is " + process.version + ")";
    if (!PLATFORMS.includes(platform)) {
        throw new SetupError(wanted + ", and none can be fetched for " + platform + "; install one from nodejs.org");
    }
    const program = path.join("node_modules", "node-" + platform, "bin", platform === "win-x64" ? "node.exe" : "node");
    const directory = await installOnce("node/" + version + "-" + platform, async function (partial) {
        say(wanted + ": fetching Node " + version + " from npm into the cache (once, up to a minute)");
        const [command, ...first] = npmCommand;
        const flags = [
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--no-package-lock",
            "--loglevel=error",
            "--fetch-retries=1",
        ];
        const args = first.concat("install", "--prefix", partial, flags, "node-" + platform + "@" + version);
        const { code, output } = await run(command, args, { cwd: partial, quiet: true, timeout: 600000 });
        if (code === 0 && fs.existsSync(path.join(partial, program))) return;
        const reason = "npm could not fetch Node " + version + ": " + reasonIn(output);
        throw new SetupError(wanted + ", but " + reason + "; connect to the network, or install Node " + version);
    });
    return path.join(directory, program);
}

module.exports = { withRightNode, isNewEnough, fetchNode };
