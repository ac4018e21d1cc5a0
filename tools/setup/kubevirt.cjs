// KubeVirt's own CRDs for the tests alone, printed once by a program of its pinned Go module.
"use strict";
const fs = require("fs");
const path = require("path");
const { buildOnce, printCrds } = require("./go-build.cjs");
const { say } = require("./say.cjs");

const MODULE = "kubevirt.io/kubevirt";
const COMPONENTS = path.join("pkg", "virt-operator", "resource", "generate", "components");

/** Answers the directory with `crds.yaml`, or the reason why there is none. */
function findKubeVirt(clone) {
    const cwd = path.join(clone, "tools", "kubevirt");
    const files = ["go.mod", "go.sum", path.join("cmd", "crds", "main.go")];
    const sources = files.map((file) => fs.readFileSync(path.join(cwd, file), "utf8"));
    return buildOnce("kubevirt", sources, async function (partial, go) {
        say("printing KubeVirt's CRDs for the tests with Go (once; up to 2 minutes on a small machine)");
        const { Dir } = JSON.parse(await go(["mod", "download", "-json", MODULE], cwd));
        const source = path.join(partial, "source");
        const own = files.map((file) => [file, path.join(cwd, file)]);
        const theirs = ["crds.go", "validations_generated.go"].map((file) => [
            path.join("components", file),
            path.join(Dir, COMPONENTS, file),
        ]);
        for (const [file, from] of own.concat(theirs)) {
            fs.mkdirSync(path.dirname(path.join(source, file)), { recursive: true });
            fs.writeFileSync(path.join(source, file), fs.readFileSync(from));
        }
        await go(["build", "-o", partial + path.sep, "./cmd/..."], source);
        fs.rmSync(source, { recursive: true });
        await printCrds(partial);
    });
}

module.exports = { findKubeVirt };
