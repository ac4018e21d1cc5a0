// `npm run lint [-- --fix]`: ESLint, Prettier, the examples' types, and the generated pages of docs/.
"use strict";
const fs = require("fs");
const path = require("path");
const { withRightNode } = require("./setup/node.cjs");

/**
 * Runs every check, also after one failed; answers 0 when all passed. `--fix` mends what can be mended. `--no-docs` leaves out the
 * generated pages, which a test looks at too.
 */
async function lint(clone, args) {
    const { run } = require("./setup/run.cjs");
    const fix = args.includes("--fix");
    const modules = path.join(clone, "node_modules");
    const eslint = [path.join(modules, "eslint", "bin", "eslint.js"), ".", "--max-warnings", "0"];
    const prettier = [path.join(modules, "prettier", "bin", "prettier.cjs"), ".", "--log-level", "warn"];
    const types = examples(clone).map((name) => [
        path.join(modules, "typescript", "bin", "tsc"),
        "-p",
        "examples/" + name,
        "--noEmit",
    ]);
    const docs = [path.join(__dirname, "docs.cjs")];
    const style = [eslint.concat(fix ? "--fix" : []), prettier.concat(fix ? "--write" : "--check")];
    const others = types.concat(args.includes("--no-docs") ? [] : [docs.concat(fix ? [] : "--check")]);
    let failed = 0;
    const runAll = async (checks) => {
        for (const check of checks) {
            const { code } = await run(process.execPath, check, { cwd: clone });
            if (code !== 0) failed++;
        }
    };
    // Two at a time, unless one writes what the other reads.
    if (fix) await runAll(style.concat(others));
    else await Promise.all([runAll(style), runAll(others)]);
    return failed === 0 ? 0 : 1;
}

function examples(clone) {
    const all = path.join(clone, "examples");
    // One of them is no program.
    return fs.readdirSync(all).filter((name) => fs.existsSync(path.join(all, name, "tsconfig.json")));
}

async function main() {
    const { setUp, clone } = require("./setup/index.cjs");
    await setUp({ pulumi: false });
    return lint(clone, process.argv.slice(2));
}

if (require.main === module) withRightNode(__filename, main);

module.exports = { lint };
