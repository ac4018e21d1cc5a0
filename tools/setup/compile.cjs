// The one compile for code and tests: tsc into dist, only when a source changed, and nothing left there of a source that is gone.
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const { run } = require("./run.cjs");
const { say, SetupError } = require("./say.cjs");

const FOLDERS = ["components", "provider", "test"];
const SETTINGS = ["tsconfig.json", "package.json", "package-lock.json"];

async function compile(clone) {
    const stamp = path.join(clone, "dist", ".compiled");
    const sources = FOLDERS.reduce((all, folder) => all.concat(list(clone, folder, ".ts")), []);
    const state = fingerprint(clone, sources.concat(SETTINGS));
    if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === state) return;
    say("compiling (up to half a minute the first time)");
    fs.rmSync(stamp, { force: true });
    prune(clone, sources);
    const tsc = path.join(clone, "node_modules", "typescript", "bin", "tsc");
    const { code } = await run(process.execPath, [tsc, "-p", clone, "--pretty"], { cwd: clone });
    if (code !== 0) throw new SetupError("the sources do not compile; see the lines above");
    fs.writeFileSync(stamp, state);
}

/** Removes what was compiled from sources that are no longer there: a deleted test must not go on passing. */
function prune(clone, sources) {
    const kept = new Set(sources.map((file) => file.replace(/\.ts$/, "")));
    for (const folder of FOLDERS) {
        for (const file of list(path.join(clone, "dist"), folder, "")) {
            if (kept.has(file.replace(/(\.d)?\.[jt]s(\.map)?$/, ""))) continue;
            fs.rmSync(path.join(clone, "dist", file), { force: true });
            fs.rmSync(path.join(clone, "dist", ".tsbuildinfo"), { force: true });
        }
    }
}

/** The files under a folder, as paths with slashes relative to `root`. */
function list(root, folder, ending) {
    const directory = path.join(root, folder);
    if (!fs.existsSync(directory)) return [];
    return fs.readdirSync(directory, { withFileTypes: true }).reduce(function (all, entry) {
        const name = folder + "/" + entry.name;
        if (entry.isDirectory()) return all.concat(list(root, name, ending));
        return entry.name.endsWith(ending) ? all.concat(name) : all;
    }, []);
}

function fingerprint(root, files) {
    const hash = crypto.createHash("sha256");
    for (const file of files) {
        const stat = fs.statSync(path.join(root, file));
        hash.update(file + " " + stat.size + " " + stat.mtimeMs + "\n");
    }
    return hash.digest("hex");
}

module.exports = { compile };
