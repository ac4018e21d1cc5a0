// `npm run fuzz [-- --seed 1 --minutes 5]`: damaged images of every format and compression, until something is found or time is up.
"use strict";
const { withRightNode } = require("./setup/node.cjs");

/** The set-up, then the fuzzer; a find is an exit code of 1. */
function main() {
    return require("./setup/compiled.cjs").runCompiled("test/fuzz/main.js", {});
}

withRightNode(__filename, main);
