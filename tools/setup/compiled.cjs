// A program of the clone that the compiler makes: set up, then run with the arguments that were given.
"use strict";
const { spawnSync } = require("child_process");
const path = require("path");

/** Sets up what is asked for, runs dist/<program> in the clone, and answers its exit code. */
async function runCompiled(program, needs) {
    const { setUp, clone } = require("./index.cjs");
    const env = await setUp(needs);
    const ended = spawnSync(process.execPath, [path.join(clone, "dist", program)].concat(process.argv.slice(2)), {
        stdio: "inherit",
        env,
        cwd: clone,
    });
    return ended.status === null ? 1 : ended.status;
}

module.exports = { runCompiled };
