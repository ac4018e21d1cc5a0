// `npm run fuzz [-- --seed 1 --minutes 5]`: damaged images of every format and compression, until something is found or time is up.
"use strict";
const { spawnSync } = require("child_process");
const path = require("path");
const { withRightNode } = require("./setup/node.cjs");

/** The set-up, then the fuzzer; a find is an exit code of 1. */
async function main() {
    const { setUp, clone } = require("./setup/index.cjs");
    const env = await setUp({});
    const program = path.join(clone, "dist", "test", "fuzz", "main.js");
    const ended = spawnSync(process.execPath, [program].concat(process.argv.slice(2)), {
        stdio: "inherit",
        env,
        cwd: clone,
    });
    return ended.status === null ? 1 : ended.status;
}

withRightNode(__filename, main);
