// `npm test [-- mocha arguments]`: the set-up, then the tests; the last line says `N passed, N failed, N skipped`.
"use strict";
const { withRightNode } = require("./setup/node.cjs");

/**
 * Two files run at a time, in processes of their own, and each tells what it found when it is through; files that are named run
 * one after the other, telling every test as it ends.
 * The quick tier leaves out `*.full.test.ts`; `--full` or CI=true takes them in. With CI=true the code is linted too (unless
 * test files are named), and a skipped test is a failure. Test files are named as they lie in the clone:
 * `npm test -- test/model/quantity.test.ts`.
 */
async function main() {
    const { setUp, clone } = require("./setup/index.cjs");
    const { runMocha } = require("./test/mocha.cjs");
    const ci = process.env.CI === "true";
    const env = await setUp({ pulumi: true });
    const given = process.argv.slice(2);
    const lintFailed = ci && !given.some(isTest) && (await require("./lint.cjs").lint(clone, ["--no-docs"])) !== 0;

    const { code, results } = await runMocha(clone, mochaArguments(given, ci), env);
    const { passed, failed, skipped } = results || { passed: 0, failed: 0, skipped: [] };
    if (skipped.length > 0) process.stdout.write(skipped.map((title) => "skipped: " + title + "\n").join(""));
    if (lintFailed) process.stdout.write("failed: npm run lint, see above\n");
    if (results === undefined) process.stdout.write("failed: mocha ended before the tests did\n");
    if (ci && skipped.length > 0) process.stdout.write("failed: with CI=true nothing may be skipped\n");
    const failures = failed + (lintFailed ? 1 : 0) + (results === undefined ? 1 : 0);
    process.stdout.write(passed + " passed, " + failures + " failed, " + skipped.length + " skipped\n");
    return code !== 0 || failures > 0 || (ci && skipped.length > 0) ? 1 : 0;
}

function mochaArguments(given, ci) {
    const full = ci || given.includes("--full");
    const files = given.filter(isTest).map(compiled);
    const others = given.filter((arg) => !isTest(arg) && arg !== "--full").concat(ci ? "--forbid-only" : []);
    if (files.length > 0) return others.concat(files);
    return others.concat(lanes, full ? [] : ["--exclude", "dist/test/**/*.full.test.js"], "dist/test/**/*.test.js");
}

/** Most tests wait for one `pulumi` after the other, which uses little more than one core: two lanes use the two of a build server. */
const lanes = ["--parallel", "--jobs", "2"];

function isTest(arg) {
    return /\.test\.[jt]s$/.test(arg);
}

/** Where the compiler put a test; a JavaScript file is run as it is. */
function compiled(file) {
    return file.endsWith(".ts") ? "dist/" + file.replace(/^\.\//, "").replace(/\.ts$/, ".js") : file;
}

withRightNode(__filename, main);
