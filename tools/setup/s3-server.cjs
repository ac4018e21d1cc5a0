// A real server that speaks the protocol of S3, for the tests alone, built once from the pinned Go module.
"use strict";
const fs = require("fs");
const path = require("path");
const { buildOnce } = require("./go-build.cjs");
const { say } = require("./say.cjs");

const FLAGS = ["-trimpath", "-ldflags", "-s -w"];

/** Answers the path of `versitygw`, or the reason why it could not be built. */
async function findS3Server(clone) {
    const cwd = path.join(clone, "tools", "s3-server");
    const sources = ["go.mod", "go.sum"].map((file) => fs.readFileSync(path.join(cwd, file)));
    const { directory, reason } = await buildOnce("s3-server", sources.concat(FLAGS.join(" ")), function (partial, go) {
        say("building an S3 server for the tests with Go (once; up to 3 minutes on a small machine)");
        return go(["build"].concat(FLAGS, "-o", partial + path.sep, "tool"), cwd);
    });
    if (reason !== undefined) return { reason };
    return { program: path.join(directory, process.platform === "win32" ? "versitygw.exe" : "versitygw") };
}

module.exports = { findS3Server };
