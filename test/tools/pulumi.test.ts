// Where the set-up finds the Pulumi CLI, in order, and what it says when there is none to be had.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { clone, loadSetup, Sandbox } from "./sandbox";

const { onPath } = loadSetup("pulumi") as { onPath: (searchPath: string) => string | undefined };

describe("the set-up's Pulumi CLI", () => {
    let sandbox: Sandbox;
    beforeEach(() => (sandbox = new Sandbox()));
    afterEach(() => {
        sandbox.remove();
    });

    const find = () => {
        const module = JSON.stringify(path.join(clone, "tools/setup/pulumi.cjs"));
        return sandbox.run(`require(${module}).findPulumi(${JSON.stringify(clone)})
            .then((found) => console.log(found), (error) => { console.error(error.message); process.exit(1); })`);
    };
    const pretendGo = () =>
        sandbox.pretend(
            "go",
            'case $1 in version) echo go version go1.26;; build) cat < /dev/null > "$6pulumi"; chmod +x "$6pulumi";; esac',
        );
    const pretendLauncher = () => {
        sandbox.pretendNpm(`const home = path.join(prefix, "node_modules", "pulumi"); fs.mkdirSync(home, { recursive: true });
            fs.writeFileSync(path.join(home, "run.js"), \`const fs = require("fs");
                const bin = process.env.PULUMI_HOME + "/versions/" + process.env.PULUMI_VERSION + "/bin";
                fs.mkdirSync(bin, { recursive: true }); fs.writeFileSync(bin + "/pulumi", "", { mode: 0o755 });\`);`);
    };

    it("on PATH goes before everything, where it can run programs for Node", () => {
        const [other, linked] = [path.join(sandbox.root, "other"), path.join(sandbox.root, "linked")];
        sandbox.pretend("pulumi", "true");
        assert.equal(onPath(sandbox.programs), undefined, "a CLI without a language host is of no use");
        sandbox.pretend("pulumi-language-nodejs", "true", other);
        assert.equal(onPath([sandbox.programs, other].join(path.delimiter)), sandbox.programs, "a host on PATH");
        sandbox.pretend("pulumi-language-nodejs", "true");
        assert.equal(onPath(sandbox.programs), sandbox.programs, "a host beside it");
        fs.mkdirSync(linked);
        fs.symlinkSync(path.join(sandbox.programs, "pulumi"), path.join(linked, "pulumi"));
        assert.equal(onPath(linked), linked, "a host beside what a link points at");
        assert.equal(find().out.trim(), sandbox.programs);
    });

    it("is downloaded by npm's launcher into the cache, once", () => {
        pretendLauncher();
        pretendGo();
        const first = find();
        assert.equal(first.out.trim(), path.join(sandbox.cache, "pulumi/official/versions/3.259.0/bin"), first.err);
        sandbox.pretendNpm("process.exit(9)");
        const second = find();
        assert.equal(second.out, first.out);
        assert.equal(second.err, "");
    });

    it("is built from source where no download is possible, with the hosts for Node beside it", () => {
        pretendGo();
        const first = find();
        const bin = first.out.trim();
        assert.match(
            first.err,
            /^setup: no Pulumi CLI on PATH: .*\nsetup: no download possible \(npm: code ENOTFOUND\)\nsetup: building .*once/,
        );
        const programs = fs.readdirSync(bin).filter((name) => !name.endsWith(".cmd"));
        assert.deepEqual(programs, ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]);
        assert.ok(fs.existsSync(path.join(bin, "../langhost/host.cjs")));
        const second = find();
        assert.deepEqual([second.out, second.err], [first.out, ""], "it is built once");
        fs.rmSync(path.join(sandbox.programs, "go"));
        assert.equal(find().out, first.out, "and serves also where Go is gone again");
    });

    it("cannot be had without a network and without Go: one sentence says what to install", () => {
        const { code, err } = find();
        assert.equal(code, 1);
        const sentence = err.trim().split("\n").at(-1) ?? "";
        assert.match(
            sentence,
            /^the Pulumi CLI is needed and could not be had: .* \(npm: code ENOTFOUND\), .* \(Go is not installed\); install Pulumi/,
        );
        assert.deepEqual(fs.readdirSync(path.join(sandbox.cache, "partial")), []);
    });

    it("that cannot be built says why in Go's words", () => {
        sandbox.pretend(
            "go",
            'case $1 in version) echo go version go1.20;; *) echo "go.mod requires go >= 1.26.0" >&2; exit 1;; esac',
        );
        assert.match(find().err, /it cannot be built \(go\.mod requires go >= 1\.26\.0\)/);
    });
});
