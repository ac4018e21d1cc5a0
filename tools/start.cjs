// `npm start`: the set-up, then the quickstart by the plain `pulumi up`. `npm start -- ARGS` runs `pulumi ARGS` on the same stack.
"use strict";
const fs = require("fs");
const path = require("path");
const { withRightNode } = require("./setup/node.cjs");

const STACK = "quickstart";

async function main() {
    const { setUp, clone } = require("./setup/index.cjs");
    const { run } = require("./setup/run.cjs");
    const env = quickstartEnvironment(clone, await setUp({ pulumi: true }));
    const pulumi = (args, options) => run("pulumi", args, Object.assign({ cwd: clone, env }, options));

    const selected = await pulumi(["stack", "select", STACK, "--create"], { quiet: true });
    if (selected.code !== 0) process.stderr.write(selected.output);
    if (selected.code !== 0) return selected.code;

    const given = process.argv.slice(2);
    const command = given.length > 0 ? given : ["up", "--yes", "--stack", STACK];
    process.stderr.write("\n$ pulumi " + command.join(" ") + "\n\n");
    const { code } = await pulumi(command);
    if (code !== 0 || given.length > 0) return code;

    const outputs = await pulumi(["stack", "output", "--json"], { quiet: true });
    if (outputs.code === 0) process.stdout.write(ending(JSON.parse(outputs.stdout)));
    else process.stderr.write(outputs.output);
    return outputs.code;
}

/**
 * The user's own Pulumi home, login and stacks stay untouched: everything of the quickstart lies in the clone's .pulumi. The
 * passphrase is empty because nothing in this stack is secret; it goes with the salt in Pulumi.quickstart.yaml.
 */
function quickstartEnvironment(clone, env) {
    const own = path.join(clone, ".pulumi");
    const backend = path.join(own, "backend");
    fs.mkdirSync(backend, { recursive: true });
    return Object.assign({}, env, {
        PULUMI_HOME: path.join(own, "home"),
        // Without "metadata=skip" Pulumi keeps a file beside each checkpoint, and a kill while it is written makes the stack unreadable.
        PULUMI_BACKEND_URL: require("url").pathToFileURL(backend).href + "?metadata=skip",
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_CONFIG_PASSPHRASE_FILE: "",
        PULUMI_STACK: STACK,
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
}

/** What came of it, and what to try next. */
function ending(disk) {
    const lines = [
        "",
        "The disk is ready:",
        "  path          " + disk.path,
        "  digest        " + disk.digest + "  (of the image as it was served)",
        "  format        " + disk.format + ", now raw",
        "  virtual size  " + mebibytes(disk.virtualSize) + " in the image, grown to " + mebibytes(disk.size),
        "",
        "Boot it in QEMU; -snapshot leaves the disk as it is (leave with Ctrl-A X):",
        "  qemu-system-x86_64 -snapshot -nographic -drive file='" + disk.path + "',format=raw",
        "",
        "Try next:",
        "  npm start                                    # again: no changes",
        "  npm start -- config set size 128Mi           # a larger disk ...",
        "  npm start -- preview --diff                  # ... and what that would do",
        "  npm start -- config set image https://...    # a public image instead; give it room by size",
        "  npm start -- destroy                         # and everything is gone again",
        "",
    ];
    return lines.join("\n") + "\n";
}

function mebibytes(bytes) {
    return Math.round(bytes / 2 ** 20) + " MiB";
}

withRightNode(__filename, main);
