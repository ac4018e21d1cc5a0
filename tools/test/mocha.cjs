// Runs mocha on compiled tests and reads the results that our reporter left.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { spawn } = require("child_process");

const LINGER = 60000;

/**
 * Runs mocha with these arguments. Answers `{ code, results }`, where `results` is undefined if mocha died before its end. Tests that
 * leave a process or a socket open would keep mocha alive for ever: a minute after the last test it is ended, and that is a failure.
 */
function runMocha(clone, args, env) {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "bootsource-test-"));
    const file = path.join(directory, "results.json");
    const mocha = path.join(clone, "node_modules", "mocha", "bin", "mocha.js");
    const reporter = path.join(__dirname, "reporter.cjs");
    return new Promise(function (resolve, reject) {
        const child = spawn(process.execPath, [mocha, "--reporter", reporter].concat(args), {
            cwd: clone,
            env: Object.assign({}, env, { BOOTSOURCE_TEST_RESULTS: file }),
            stdio: "inherit",
        });
        let over = 0;
        const watch = setInterval(function () {
            if (over === 0 && fs.existsSync(file)) over = Date.now();
            if (over === 0 || Date.now() - over < LINGER) return;
            process.stderr.write(
                "the tests are over but left something open (a process, a socket, a timer): ending mocha\n",
            );
            child.kill("SIGKILL");
        }, 500);
        for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
        process.on("SIGINT", () => {}); // the terminal sends it to mocha too, which stops and reports
        child.on("error", reject);
        child.on("close", function (code) {
            clearInterval(watch);
            const results = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : undefined;
            fs.rmSync(directory, { recursive: true, force: true });
            resolve({ code: code === null ? 1 : code, results });
        });
    });
}

/** The titles of all tests, quick and full, without running any. */
async function listTitles(clone) {
    const env = Object.assign({}, process.env, { BOOTSOURCE_TEST_QUIET: "1" });
    const { results } = await runMocha(clone, ["--dry-run", "dist/test/**/*.test.js"], env);
    if (results === undefined) throw new Error("cannot list the tests: mocha could not load them");
    return results.titles;
}

module.exports = { runMocha, listTitles };
