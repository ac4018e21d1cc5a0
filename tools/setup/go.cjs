// What building a tool with Go needs to know: which Go there is, the environment it builds in, and names for what comes out.
"use strict";
const crypto = require("crypto");
const { run } = require("./run.cjs");

/** What `go version` says; undefined where there is no Go. */
async function goVersion() {
    const { code, output } = await run("go", ["version"], { env: goEnvironment(), quiet: true, timeout: 30000 });
    return code === 0 ? output.trim() : undefined;
}

/** The Go that is installed, whatever the user has set: nothing else is fetched or mixed in. */
function goEnvironment() {
    return Object.assign({}, process.env, { GOTOOLCHAIN: "local", CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" });
}

/** A short name for what was made from these parts. */
function hash(parts) {
    const sum = crypto.createHash("sha256");
    for (const part of parts) sum.update(part).update("\0");
    return sum.digest("hex").slice(0, 16);
}

module.exports = { goEnvironment, goVersion, hash };
