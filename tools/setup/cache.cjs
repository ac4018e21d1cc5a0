// Where the set-up keeps what it fetched and built, outside the clone; and how something comes to lie there: whole or not at all.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { withLock } = require("./lock.cjs");
const { say } = require("./say.cjs");

/** The cache directory: `$XDG_CACHE_HOME/pulumi-bootsource`, else `~/.cache/pulumi-bootsource`. */
function cacheDirectory() {
    const base = process.env.XDG_CACHE_HOME;
    return path.join(base && path.isAbsolute(base) ? base : path.join(os.homedir(), ".cache"), "pulumi-bootsource");
}

/**
 * Makes `<cache>/<name>` once: `build(directory)` fills a temporary directory that is renamed into place when it is whole.
 * Whoever comes meanwhile waits for it. Answers the final directory.
 */
async function installOnce(name, build) {
    const final = path.join(cacheDirectory(), name);
    if (fs.existsSync(final)) return final;
    return locked(name, async function () {
        if (fs.existsSync(final)) return final;
        const partial = clearPartial(name);
        try {
            await build(partial);
            fs.mkdirSync(path.dirname(final), { recursive: true });
            fs.renameSync(partial, final);
        } finally {
            fs.rmSync(partial, { recursive: true, force: true });
        }
        return final;
    });
}

/** A new temporary directory. Those of runs that were killed go: the lock is ours now, and what still writes there fails. */
function clearPartial(name) {
    const parent = path.join(cacheDirectory(), "partial");
    const prefix = name.replace(/[\\/]/g, "_") + "~";
    fs.mkdirSync(parent, { recursive: true });
    for (const left of fs.readdirSync(parent)) {
        if (left.startsWith(prefix)) fs.rmSync(path.join(parent, left), { recursive: true, force: true });
    }
    return fs.mkdtempSync(path.join(parent, prefix));
}

/** Runs `body` while no other process on this cache works on `name`. */
function locked(name, body) {
    const lock = path.join(cacheDirectory(), "locks", name.replace(/[\\/]/g, "_"));
    return withLock(lock, body, () => say("waiting for another run that prepares " + name));
}

module.exports = { cacheDirectory, installOnce, locked };
