// Mocha's spec output, and the results as a file for `npm test`: the counts, what was skipped, and every title for docs/parity.md.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { reporters } = require("mocha");

/** With BOOTSOURCE_TEST_QUIET only the file is written: that is how the titles are listed without running a test. */
class Reporter extends (process.env.BOOTSOURCE_TEST_QUIET ? reporters.Base : reporters.Spec) {
    constructor(runner, options) {
        super(runner, options);
        const results = { passed: 0, failed: 0, skipped: [], titles: [] };
        runner.on("pass", () => results.passed++);
        runner.on("fail", (test, error) => {
            results.failed++;
            // Mocha tells the reasons after the last test, which a run that is cut off never reaches.
            if (!process.env.BOOTSOURCE_TEST_QUIET)
                process.stdout.write(`failed: ${test.fullTitle()}: ${reason(error)}\n`);
        });
        runner.on("pending", (test) => results.skipped.push(test.fullTitle()));
        runner.on("test end", (test) => results.titles.push({ file: source(test), title: test.fullTitle() }));
        runner.on("end", () => fs.writeFileSync(process.env.BOOTSOURCE_TEST_RESULTS, JSON.stringify(results)));
    }
}

function reason(error) {
    return String((error && (error.stack || error.message)) || error);
}

/** The TypeScript file that a test was compiled from, relative to the clone. */
function source(test) {
    const dist = path.resolve(__dirname, "..", "..", "dist");
    return path.relative(dist, test.file).split(path.sep).join("/").replace(/\.js$/, ".ts");
}

module.exports = Reporter;
