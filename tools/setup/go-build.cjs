// What Go builds for us, made once and kept in the cache; or the reason why it could not be built.
"use strict";
const fs = require("fs");
const path = require("path");
const { installOnce } = require("./cache.cjs");
const { goEnvironment, goVersion, hash } = require("./go.cjs");
const { run, reasonIn } = require("./run.cjs");

/**
 * Makes `<cache>/<folder>/built-...` once for these inputs (texts) and this Go: `build(partial, go)` fills the directory, and
 * `go(args, cwd)` runs the go command and answers what it printed. Answers `{ directory }`, or `{ reason }` where Go is absent or fails.
 */
async function buildOnce(folder, inputs, build) {
    const version = await goVersion();
    if (version === undefined) return { reason: "Go is not installed" };
    let reason;
    const go = async function (args, cwd) {
        const options = { cwd, env: goEnvironment(), quiet: true, timeout: 3600000 };
        const { code, output, stdout } = await run("go", args, options);
        if (code === 0) return stdout;
        reason = reasonIn(output);
        throw new Error(reason);
    };
    try {
        const name = path.join(folder, "built-" + hash(inputs.concat(version)));
        return { directory: await installOnce(name, (partial) => build(partial, go)) };
    } catch (error) {
        if (reason === undefined) throw error;
        return { reason };
    }
}

/** Writes what the program `crds` of a directory prints to `crds.yaml` beside it. */
async function printCrds(directory) {
    const { code, output, stdout } = await run(path.join(directory, "crds"), [], { quiet: true, timeout: 60000 });
    if (code !== 0) throw new Error("cannot print CRDs: " + output);
    fs.writeFileSync(path.join(directory, "crds.yaml"), stdout);
}

module.exports = { buildOnce, printCrds };
