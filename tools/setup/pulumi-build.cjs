// The Pulumi CLI built from the pinned Go modules in tools/pulumi, for machines that cannot download it.
"use strict";
const fs = require("fs");
const path = require("path");
const { cacheDirectory, installOnce } = require("./cache.cjs");
const { goEnvironment, goVersion, hash } = require("./go.cjs");
const { run, reasonIn } = require("./run.cjs");
const { say } = require("./say.cjs");
const { addNodeHosts, hostFiles } = require("./node-hosts.cjs");

/** The version of the CLI, as the module file pins it; the downloaded one is the same. */
function pulumiVersion(clone) {
    const modules = fs.readFileSync(path.join(clone, "tools", "pulumi", "go.mod"), "utf8");
    return /pulumi\/pkg\/v3 => \S+ v(\S+)/.exec(modules)[1];
}

/** The directory of a CLI that was built earlier from exactly these sources, with this Go where one is installed. */
async function builtPulumi(clone) {
    const go = await goVersion();
    const binaries = path.join("pulumi", binariesName(clone, go));
    if (go !== undefined)
        return fs.existsSync(path.join(cacheDirectory(), binaries)) ? assemble(clone, binaries) : undefined;
    const parent = path.join(cacheDirectory(), "pulumi");
    const prefix = binariesName(clone, undefined);
    const built = fs.existsSync(parent) ? fs.readdirSync(parent).find((name) => name.startsWith(prefix)) : undefined;
    return built === undefined ? undefined : assemble(clone, path.join("pulumi", built));
}

/** Builds the CLI, and answers its directory or the reason why it could not be built. */
async function buildPulumi(clone) {
    const go = await goVersion();
    if (go === undefined) return { reason: "Go is not installed" };
    const binaries = path.join("pulumi", binariesName(clone, go));
    let reason = "";
    try {
        await installOnce(binaries, async function (partial) {
            say(
                "building the Pulumi CLI " +
                    pulumiVersion(clone) +
                    " from source with Go (once; up to 10 minutes on a small machine)",
            );
            const args = ["build"].concat(flags(clone), "-o", partial + path.sep, "tool");
            const cwd = path.join(clone, "tools", "pulumi");
            const { code, output } = await run("go", args, {
                cwd,
                env: goEnvironment(),
                quiet: true,
                timeout: 3600000,
            });
            reason = code === 0 ? "" : reasonIn(output);
            if (code !== 0) throw new Error(reason);
        });
    } catch (error) {
        if (reason === "") throw error;
        return { reason };
    }
    return { directory: await assemble(clone, binaries) };
}

/** Puts the binaries and the hosts for Node into one directory, as the official CLI has them. */
async function assemble(clone, binaries) {
    const from = path.join(cacheDirectory(), binaries);
    const name = path.join(
        "pulumi",
        "cli-" + hash([binaries].concat(hostFiles(clone).map((file) => fs.readFileSync(file)))),
    );
    const directory = await installOnce(name, function (partial) {
        const bin = path.join(partial, "bin");
        fs.mkdirSync(bin);
        for (const file of fs.readdirSync(from)) place(path.join(from, file), path.join(bin, file));
        return addNodeHosts(clone, partial);
    });
    return path.join(directory, "bin");
}

/** A second name for the file where the file system allows it: the CLI is over 100 MB. */
function place(from, to) {
    try {
        fs.linkSync(from, to);
    } catch (_) {
        fs.copyFileSync(from, to);
    }
}

/** The name of what these sources make with this Go; without a Go, the part that all Gos share. */
function binariesName(clone, go) {
    const sources = ["go.mod", "go.sum"].map((file) => fs.readFileSync(path.join(clone, "tools", "pulumi", file)));
    return "built-" + hash(sources.concat(flags(clone).join(" "))) + "-" + (go === undefined ? "" : hash([go]));
}

function flags(clone) {
    const version = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v" + pulumiVersion(clone);
    return ["-trimpath", "-ldflags", "-s -w -X " + version];
}

module.exports = { builtPulumi, buildPulumi, pulumiVersion };
