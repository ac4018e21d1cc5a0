// `npm run bench [-- --rows raw,twenty --mebibytes 3072 --rounds 3]`: our importer beside the programs that a user could type.
"use strict";
const { spawnSync } = require("child_process");
const path = require("path");
const { withRightNode } = require("./setup/node.cjs");

/** The set-up, then the benchmark; a ratio that is missed is an exit code of 1. */
async function main() {
    const { setUp, clone } = require("./setup/index.cjs");
    const env = await setUp({ pulumi: true });
    const program = path.join(clone, "dist", "test", "bench", "main.js");
    const ended = spawnSync(process.execPath, [program].concat(process.argv.slice(2)), {
        stdio: "inherit",
        env,
        cwd: clone,
    });
    return ended.status === null ? 1 : ended.status;
}

withRightNode(__filename, main);
