// Programs in the documentation that are whole, since they import the package: held against its types, as a user's compiler would.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";

const clone = path.resolve(__dirname, "..", "..");
const docs = fs.readdirSync(path.join(clone, "docs"), { recursive: true, encoding: "utf8" });
const pages = ["README.md", ...docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];

/** The whole programs of a page, in their order. */
function programsOf(page: string): string[] {
    const text = fs.readFileSync(path.join(clone, page), "utf8");
    return [...text.matchAll(/^```ts\n(.*?)^```/gms)]
        .map(([, program = ""]) => program)
        .filter((program) => program.includes('from "pulumi-bootsource"'));
}

/** What the compiler says of programs by name, each an own module of a user's project. */
function complaints(programs: ReadonlyMap<string, string>): string[] {
    const options: ts.CompilerOptions = {
        ...{ strict: true, noEmit: true, skipLibCheck: true, types: ["node"] },
        ...{
            target: ts.ScriptTarget.ES2022,
            module: ts.ModuleKind.Node16,
            moduleResolution: ts.ModuleResolutionKind.Node16,
        },
        paths: { "pulumi-bootsource": [path.join(clone, "dist", "components", "index.d.ts")] },
    };
    const disk = ts.createCompilerHost(options);
    const host: ts.CompilerHost = {
        ...disk,
        fileExists: (file) => programs.has(file) || disk.fileExists(file),
        readFile: (file) => programs.get(file) ?? disk.readFile(file),
        getSourceFile(file, version) {
            const program = programs.get(file);
            return program === undefined
                ? disk.getSourceFile(file, version)
                : ts.createSourceFile(file, program, version);
        },
    };
    const checked = ts.createProgram([...programs.keys()], options, host);
    return ts.getPreEmitDiagnostics(checked).map(({ file, messageText }) => {
        const where = file === undefined ? "" : path.relative(clone, file.fileName);
        return `${where}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    });
}

describe("the programs of the documentation", function () {
    this.timeout(120_000);

    it("are what the package takes, word for word [A92, A93, A99, Y303]", () => {
        const programs = new Map<string, string>();
        for (const page of pages) {
            const found = programsOf(page);
            const isProcedure = page.startsWith("docs/by-hand/") && !page.endsWith("README.md");
            assert.ok(found.length > 0 || !isProcedure, `${page} has no program`);
            found.forEach((program, at) => programs.set(path.join(clone, `${page}.${String(at)}.ts`), program));
        }
        assert.deepEqual(complaints(programs), []);
    });

    it("would be found wrong otherwise: an argument that is not there, and a value of another kind", () => {
        const program = `import * as bootsource from "pulumi-bootsource";
            export const wrong = new bootsource.SystemBootSources("s", { enable: false });
            export const off = new bootsource.SystemBootSources("s", { enabled: "no" });`;
        const said = complaints(new Map([[path.join(clone, "wrong.ts"), program]]));
        assert.equal(said.length, 2, said.join("\n"));
        assert.match(said.join("\n"), /'enable' does not exist[^]*not assignable to type/);
    });
});
