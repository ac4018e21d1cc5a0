// The real CDI for the tests alone: its controller, its API server with the webhooks, and its CRDs, built once from the pinned Go module.
"use strict";
const fs = require("fs");
const path = require("path");
const { changes, changedPrograms } = require("./cdi-programs.cjs");
const { buildOnce, printCrds } = require("./go-build.cjs");
const { say } = require("./say.cjs");

const FLAGS = ["-trimpath", "-ldflags", "-s -w"];
const MODULE = "kubevirt.io/containerized-data-importer";

/** Answers the directory with `cdi-controller`, `cdi-apiserver` and `crds.yaml`, or the reason why there is none. */
function findCdi(clone) {
    const cwd = path.join(clone, "tools", "cdi");
    const files = ["go.mod", "go.sum", path.join("cmd", "crds", "main.go")];
    const sources = files.map((file) => fs.readFileSync(path.join(cwd, file), "utf8"));
    return buildOnce("cdi", sources.concat(JSON.stringify(changes), FLAGS.join(" ")), async function (partial, go) {
        say("building CDI for the tests with Go (once; up to 5 minutes on a small machine)");
        const { Dir } = JSON.parse(await go(["mod", "download", "-json", MODULE], cwd));
        const source = path.join(partial, "source");
        for (const file of files) place(path.join(source, file), fs.readFileSync(path.join(cwd, file)));
        for (const { name, text } of changedPrograms(Dir)) place(path.join(source, "cmd", name, "main.go"), text);
        await go(["build"].concat(FLAGS, "-o", partial + path.sep, "./cmd/..."), source);
        await printCrds(partial);
        fs.rmSync(source, { recursive: true });
    });
}

function place(file, text) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
}

module.exports = { findCdi };
