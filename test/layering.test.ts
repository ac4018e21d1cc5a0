// The rules of the house that are about files: imports go one way, every vendor has its room, files are small and say what they are for.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { findWrongImports, type Tree } from "./house/layering";

const clone = path.resolve(__dirname, "..", "..");

describe("the house", () => {
    const sources = read("components", "provider", "test");
    const library = new Map([...sources].filter(([file]) => !file.startsWith("test/")));

    it("imports in one direction, and keeps every vendor in its room", () => {
        assert.deepEqual(findWrongImports(library), []);
    });

    it("imports nothing that package.json does not name", () => {
        const manifest = JSON.parse(fs.readFileSync(path.join(clone, "package.json"), "utf8"));
        const { dependencies, optionalDependencies, peerDependencies } = manifest;
        const named = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
        const bare = /(?:from\s+|import\(\s*|require\(\s*)"(?!\.|node:)((?:@[^/"]+\/)?[^/"]+)/g;
        for (const [file, text] of library) {
            for (const [, module = ""] of text.replace(/^\s*(\*|\/\/).*$/gm, "").matchAll(bare)) {
                assert.ok([...named, "pulumi-bootsource"].includes(module), `${file} imports ${module}`);
            }
        }
    });

    it("has small files that open with what they are for", () => {
        for (const [file, text] of sources) {
            assert.match(text, /^(\/\/ |\/\*\*?)/, `${file} does not open with a comment that says what it is for`);
            assert.ok(text.split("\n").length <= 301, `${file} has more than 300 lines`);
        }
    });

    it("has no folder or file that is named after nothing", () => {
        const names = /(^|\/)(utils?|helpers?|common|misc)(\/|\.|$)/;
        assert.deepEqual(
            [...sources.keys()].filter((file) => names.test(file)),
            [],
        );
    });
});

describe("the check of imports", () => {
    const cases: { reason: string; tree: Record<string, string>; wrong: RegExp[] }[] = [
        {
            reason: "the embedded world and Kubernetes never meet",
            tree: { "provider/embedded/a.ts": 'import { b } from "../kubernetes/b";' },
            wrong: [/embedded must not import kubernetes/],
        },
        {
            reason: "the model imports nothing upward, not even a type",
            tree: { "provider/model/a.ts": 'import type { B } from "../cluster/contract";' },
            wrong: [/model must not import cluster/],
        },
        {
            reason: "a resource does not know which world it acts on, and a lazy import is an import",
            tree: { "provider/resources/a.ts": 'export const b = () => import("../connect");' },
            wrong: [/resources must not import connect/],
        },
        {
            reason: "a socket opened outside the sources",
            tree: { "provider/importer/codecs/a.ts": 'import * as http from "node:http";' },
            wrong: [/sockets must not be used there/],
        },
        {
            reason: "of the client room one file opens sockets, one starts programs and one reads YAML",
            tree: {
                "provider/kubernetes/client.ts": 'import { request } from "undici";',
                "provider/kubernetes/exec-plugin.ts": 'import { execFile } from "node:child_process";',
                "provider/kubernetes/kubeconfig.ts": 'const yaml = () => import("yaml");',
                "provider/kubernetes/cluster.ts":
                    'import "undici"; import "node:child_process"; const yaml = () => import("yaml");',
            },
            wrong: [/sockets must not/, /other programs must not/, /reader of YAML must not/],
        },
        {
            reason: "Pulumi and SQL have one room each",
            tree: {
                "provider/resources/a.ts": 'import * as pulumi from "@pulumi/pulumi";',
                "provider/controllers/b.ts": 'import { DatabaseSync } from "node:sqlite";',
            },
            wrong: [/Pulumi's SDK/, /SQL/],
        },
        {
            reason: "an optional peer is loaded by one file, whichever part of it",
            tree: {
                "components/a.ts": 'import type * as kubernetes from "@pulumi/kubernetes";',
                "components/b.ts": 'require("@pulumi/kubernetes/provider");',
            },
            wrong: [/a\.ts imports .*Kubernetes SDK/, /b\.ts imports .*Kubernetes SDK/],
        },
        {
            reason: "the way down is open",
            tree: {
                "components/a.ts": 'import { b } from "../provider/dynamic/b";',
                "provider/connect.ts": 'import { c } from "./embedded/c";',
                "provider/importer/sources/d.ts":
                    'import { request } from "undici"; import { e } from "../../model/e";',
            },
            wrong: [],
        },
    ];
    for (const { reason, tree, wrong } of cases) {
        it(reason, () => {
            const found = findWrongImports(new Map(Object.entries(tree)));
            assert.equal(found.length, wrong.length, found.join("\n"));
            wrong.forEach((pattern, i) => {
                assert.match(found[i] ?? "", pattern);
            });
        });
    }
});

function read(...folders: string[]): Tree {
    const files = folders.flatMap((folder) =>
        fs
            .readdirSync(path.join(clone, folder), { recursive: true, encoding: "utf8" })
            .filter((name) => name.endsWith(".ts"))
            .map((name) => `${folder}/${name.split(path.sep).join("/")}`),
    );
    return new Map(files.map((file) => [file, fs.readFileSync(path.join(clone, file), "utf8")]));
}
