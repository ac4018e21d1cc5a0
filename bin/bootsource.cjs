#!/usr/bin/env node
// Starts the bootsource command. Written for very old versions of Node, so that they can say what is wrong.
"use strict";

var needed = [22, 15];
var parts = process.versions.node.split(".");
if (Number(parts[0]) < needed[0] || (Number(parts[0]) === needed[0] && Number(parts[1]) < needed[1])) {
    process.stderr.write(
        "bootsource: cannot run on Node " +
            process.versions.node +
            ": it needs Node 22.15 or newer; see https://nodejs.org\n",
    );
    process.exit(1);
}
// Compiled once and kept by Node itself, in the system's directory for temporary files.
require("node:module").enableCompileCache();
require("../dist/provider/cli/main.js").run(process.argv.slice(2));
