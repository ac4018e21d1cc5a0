// Writes the generated pages of docs/ (parity.md, errors.md, boot-source-changes.md) from what was compiled; with --check it only says which are out of date.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { bootSourceChangesPage } = require("./docs/boot-source-changes.cjs");
const { errorsPage } = require("./docs/errors.cjs");
const { parityPage, readRows } = require("./docs/parity.cjs");
const { listTitles } = require("./test/mocha.cjs");

const clone = path.resolve(__dirname, "..");

async function main(check) {
    const rows = readRows(fs.readFileSync(path.join(clone, "test", "parity", "rows.txt"), "utf8"));
    const parity = parityPage(rows, await listTitles(clone));
    const { codes } = require(path.join(clone, "dist", "provider", "model", "errors.js"));
    const problems = parity.problems.concat(
        settle("docs/parity.md", parity.page, check),
        settle("docs/errors.md", errorsPage(codes), check),
        settle("docs/boot-source-changes.md", await bootSourceChangesPage(clone), check),
    );
    for (const problem of problems) process.stderr.write(problem + "\n");
    return problems.length === 0 ? 0 : 1;
}

/** Writes the page, or says that the one there is out of date. */
function settle(name, page, check) {
    const file = path.join(clone, name);
    if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === page) return [];
    if (check) return [name + " is out of date; run npm run lint -- --fix"];
    fs.writeFileSync(file, page);
    return [];
}

main(process.argv.includes("--check")).then((code) => process.exit(code));
