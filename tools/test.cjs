// `npm test [-- mocha arguments]`: the set-up, then the tests; the last line says `N passed, N failed, N skipped`.
"use strict";
const { withRightNode } = require("./setup/node.cjs");

/**
 * The quick tier leaves out `*.full.test.ts`; `--full` or CI=true takes them in. With CI=true the code is linted too, and a
 * skipped test is a failure. Test files may be named as they lie in the clone: `npm test -- test/model/quantity.test.ts`.
 */
async function main() {
    const { setUp, clone } = require("./setup/index.cjs");
    const { runMocha } = require("./test/mocha.cjs");
    const ci = process.env.CI === "true";
    const env = await setUp({ pulumi: true });
    const lintFailed = ci && (await require("./lint.cjs").lint(clone, [])) !== 0;

    const { code, results } = await runMocha(clone, mochaArguments(process.argv.slice(2), ci), env);
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
    const isTest = (arg) => /\.test\.ts$/.test(arg);
    const files = given.filter(isTest).map((file) => "dist/" + file.replace(/^\.\//, "").replace(/\.ts$/, ".js"));
    const others = given.filter((arg) => !isTest(arg) && arg !== "--full");
    if (files.length > 0) return others.concat(files);
    return others.concat(full ? [] : ["--exclude", "dist/test/**/*.full.test.js"], "dist/test/**/*.test.js");
}

withRightNode(__filename, main);
