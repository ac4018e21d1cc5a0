// `npm run bench [-- --rows raw,twenty --mebibytes 3072 --rounds 3]`: our importer beside the programs that a user could type.
"use strict";
const { withRightNode } = require("./setup/node.cjs");

/** The set-up, then the benchmark; a ratio that is missed is an exit code of 1. */
function main() {
    return require("./setup/compiled.cjs").runCompiled("test/bench/main.js", { pulumi: true });
}

withRightNode(__filename, main);
