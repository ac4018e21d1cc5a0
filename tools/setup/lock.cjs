// A lock between processes: two set-ups at once are safe, and a holder that was killed never blocks the next one.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");

const HEARTBEAT = 5000;
const DEAD_AFTER = 60000;
const WORKER_AT_MOST = 900000;

/**
 * Runs `body` while no other process holds the lock `directory`. Each contender makes a file of its own name and then looks for
 * others: whoever came second sees the first and steps back, so there is never a moment to steal a lock in. Files of processes
 * that are gone (no such process, or no heartbeat, which also covers a pid in use again) are removed by whoever meets them.
 * `body` gets `workerIs(pid)`: a program that goes on when its starter is killed (npm ci does) keeps the lock until it ends.
 */
async function withLock(directory, body, waiting) {
    fs.mkdirSync(directory, { recursive: true });
    const mine = [os.hostname(), process.pid, Math.random().toString(16).slice(2)].join("~");
    for (let told = false; ;) {
        if (others(directory, mine).length === 0) {
            fs.writeFileSync(path.join(directory, mine), "");
            if (others(directory, mine).length === 0) break;
            fs.unlinkSync(path.join(directory, mine));
        } else if (!told && waiting !== undefined) {
            waiting();
            told = true;
        }
        await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 150));
    }
    const beat = setInterval(() => touch(path.join(directory, mine)), HEARTBEAT);
    try {
        return await body((pid) => fs.writeFileSync(path.join(directory, mine), String(pid)));
    } finally {
        clearInterval(beat);
        fs.rmSync(path.join(directory, mine), { force: true });
    }
}

/** The living holders and contenders beside us; the dead are removed on the way. */
function others(directory, mine) {
    return fs.readdirSync(directory).filter(function (name) {
        if (name === mine) return false;
        if (isAlive(path.join(directory, name), name)) return true;
        fs.rmSync(path.join(directory, name), { force: true });
        return false;
    });
}

function isAlive(file, name) {
    const [host, pid] = name.split("~");
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return false;
    const silent = Date.now() - stat.mtimeMs;
    if (host !== os.hostname()) return silent < DEAD_AFTER; // a shared home directory: only its heartbeat can tell
    return (silent < DEAD_AFTER && runs(pid)) || (silent < WORKER_AT_MOST && runs(workerOf(file)));
}

function workerOf(file) {
    try {
        return fs.readFileSync(file, "utf8");
    } catch (error) {
        if (error.code === "ENOENT") return ""; // let go of meanwhile
        throw error;
    }
}

function runs(pid) {
    if (!(Number(pid) > 0)) return false;
    try {
        process.kill(Number(pid), 0);
        return true;
    } catch (error) {
        return error.code === "EPERM"; // another user's process is alive too
    }
}

function touch(file) {
    try {
        fs.utimesSync(file, new Date(), new Date());
    } catch (error) {
        if (error.code !== "ENOENT") throw error; // taken for dead after a long sleep of the machine
    }
}

module.exports = { withLock };
