// Runs other programs: inherits the terminal or keeps the output, ends them after a time limit, passes signals on.
"use strict";
const { spawn } = require("child_process");

/**
 * Runs a program to its end and answers `{ code, output, stdout }`; never throws for a failing program. With `quiet` what it
 * prints is kept, else it goes to our own terminal. `timeout` is in milliseconds and ends the whole process group;
 * `started` is told the process's number.
 */
function run(command, args, options) {
    const { cwd, env, quiet = false, timeout = 0, started } = options || {};
    return new Promise(function (resolve) {
        const ownGroup = quiet && process.platform !== "win32"; // so that a time limit also ends its children
        const stdio = quiet ? ["ignore", "pipe", "pipe"] : "inherit";
        const child = spawn(command, args, { cwd, env: env || process.env, stdio, detached: ownGroup });
        if (started && child.pid) started(child.pid);
        let output = "";
        let answer = "";
        const keep = (chunk) => (output = (output + chunk).slice(-200000));
        if (child.stdout) child.stdout.on("data", (chunk) => keep(chunk) && (answer += chunk));
        if (child.stderr) child.stderr.on("data", keep);
        const end = (signal) => kill(child, ownGroup, signal);
        const signals = listen(end);
        const timer = timeout > 0 ? setTimeout(() => end("SIGKILL"), timeout) : undefined;
        const done = function (code) {
            clearTimeout(timer);
            for (const [name, listener] of signals) process.removeListener(name, listener);
            resolve({ code, output, stdout: answer });
        };
        child.on("error", function (error) {
            output += error.message;
            done(127);
        });
        child.on("close", (code, signal) => done(code === null ? (signal === "SIGINT" ? 130 : 143) : code));
    });
}

/** The reason to show when a quiet program failed: npm's line about the network or its code, else the last line that says something. */
function reasonIn(output) {
    const lines = output.split("\n").map((line) => line.trim().replace(/^npm (error|ERR!) /, ""));
    const telling =
        lines.find((line) => /^network request to .* failed/.test(line)) || lines.find((line) => /^code E/.test(line));
    return telling || lines.filter((line) => line !== "").pop() || "no message";
}

/** npm's own program: the one that runs us, else the one on PATH. Answers the command and its first arguments. */
function npm() {
    const running = process.env.npm_execpath || "";
    if (/npm-cli\.js$/.test(running)) return [process.execPath, running];
    return process.platform === "win32" ? [process.env.comspec || "cmd.exe", "/d", "/s", "/c", "npm"] : ["npm"];
}

function kill(child, group, signal) {
    try {
        if (group) process.kill(-child.pid, signal);
        else child.kill(signal);
    } catch (error) {
        if (error.code !== "ESRCH") throw error; // it ended by itself meanwhile
    }
}

/** A terminal sends SIGINT to the child as well, which decides how to end; the other signals are passed on. */
function listen(end) {
    const signals = [
        ["SIGINT", () => {}],
        ["SIGTERM", () => end("SIGTERM")],
        ["SIGHUP", () => end("SIGHUP")],
    ];
    for (const [name, listener] of signals) process.on(name, listener);
    return signals;
}

module.exports = { run, reasonIn, npm };
