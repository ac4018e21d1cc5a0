// The set-up of the clone itself: when npm ci runs, when the compiler runs, and what the compiler leaves behind.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { loadSetup, Sandbox } from "./sandbox";

const { isInstalled } = loadSetup("dependencies") as { isInstalled: (clone: string) => boolean };
const { compile } = loadSetup("compile") as { compile: (clone: string) => Promise<void> };

describe("the set-up of the clone", () => {
    let sandbox: Sandbox;
    beforeEach(() => (sandbox = new Sandbox()));
    afterEach(() => {
        sandbox.remove();
    });

    const write = (name: string, content: string): void => {
        const file = path.join(sandbox.root, name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, content);
    };
    const lockFile = (name: string, packages: object): void => {
        write(name, JSON.stringify({ packages }));
    };

    it("installs the dependencies unless every package is there in its version", () => {
        const zod = { version: "4.0.0" };
        lockFile("package-lock.json", {
            "": {},
            "node_modules/zod": zod,
            "node_modules/other-system": { version: "1.0.0", optional: true, os: ["aix"] },
            "node_modules/vendor": { version: "3.0.0", optional: true },
        });
        assert.equal(isInstalled(sandbox.root), false, "nothing is installed, or an install was killed");
        lockFile("node_modules/.package-lock.json", { "node_modules/zod": { version: "3.0.0" } });
        assert.equal(isInstalled(sandbox.root), false, "another version");
        lockFile("node_modules/.package-lock.json", {});
        assert.equal(isInstalled(sandbox.root), false, "a package is missing");
        lockFile("node_modules/.package-lock.json", { "node_modules/zod": zod });
        assert.equal(isInstalled(sandbox.root), false, "an optional package for every system is missing");
        const vendor = { version: "3.0.0" };
        lockFile("node_modules/.package-lock.json", { "node_modules/zod": zod, "node_modules/vendor": vendor });
        assert.equal(isInstalled(sandbox.root), true, "packages for other systems are never there");
    });

    it("can install the clone: npm ci refuses a workspace that the lock file does not know", () => {
        const clone = path.resolve(__dirname, "../../..");
        const { packages } = JSON.parse(fs.readFileSync(path.join(clone, "package-lock.json"), "utf8")) as {
            packages: Record<string, { name?: string }>;
        };
        for (const example of fs.readdirSync(path.join(clone, "examples"))) {
            const file = path.join(clone, "examples", example, "package.json");
            if (!fs.existsSync(file)) continue;
            const { name } = JSON.parse(fs.readFileSync(file, "utf8")) as { name: string };
            assert.equal(
                packages[`examples/${example}`]?.name,
                name,
                `${example}: run npm install --package-lock-only`,
            );
        }
    });

    it("compiles only when a source changed, and removes what was compiled from a deleted one", async () => {
        for (const name of ["tsconfig.json", "package.json", "package-lock.json", "test/a.test.ts", "test/b.test.ts"])
            write(name, "");
        const compiler = `const fs = require("fs"); fs.appendFileSync("runs", "x"); fs.mkdirSync("dist/test", { recursive: true });
            for (const name of fs.readdirSync("test")) fs.writeFileSync("dist/test/" + name.replace(".ts", ".js"), "");`;
        write("node_modules/typescript/bin/tsc", compiler);
        const runs = () => fs.readFileSync(path.join(sandbox.root, "runs"), "utf8").length;
        const compiled = () => fs.readdirSync(path.join(sandbox.root, "dist/test"));

        const speak = process.stderr.write.bind(process.stderr);
        process.stderr.write = () => true; // what the set-up says would stand between the tests' lines
        try {
            await compile(sandbox.root);
            await compile(sandbox.root);
            assert.equal(runs(), 1, "nothing changed");
            write("test/a.test.ts", "// changed");
            await compile(sandbox.root);
            assert.equal(runs(), 2, "a source changed");
            assert.deepEqual(compiled(), ["a.test.js", "b.test.js"]);
            fs.rmSync(path.join(sandbox.root, "test/b.test.ts"));
            await compile(sandbox.root);
            assert.deepEqual(compiled(), ["a.test.js"], "a deleted test does not go on passing");
        } finally {
            process.stderr.write = speak;
        }
    });
});
