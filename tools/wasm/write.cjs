// Compiles AssemblyScript to WebAssembly and writes what comes out as a module, with the sum of the source that it was made of.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const codecs = path.resolve(__dirname, "..", "..", "provider", "importer", "codecs");

/** `file` lies below the codecs; `places` tells what lies where in the memory, which has `pages` at first. */
async function write({ source, file, purpose, placesPurpose, places, pages }) {
    const { default: asc } = await import("assemblyscript/asc");
    let wasm;
    const options = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--outFile", "out.wasm"];
    const { error, stderr } = await asc.main(["source.ts", ...options, "--initialMemory", String(pages)], {
        readFile: (name) => (name === "source.ts" ? source : null),
        writeFile: (name, bytes) => {
            if (name === "out.wasm") wasm = Buffer.from(bytes);
        },
        listFiles: () => [],
    });
    if (error !== null) throw new Error(`${error.message}\n${stderr.toString()}`);
    const lines = wasm.toString("base64").match(/.{1,110}/g) ?? [];
    const shown = Object.entries(places).map(([name, at]) => `${name}: ${at}`);
    fs.writeFileSync(
        path.join(codecs, file),
        [
            `// ${purpose}`,
            "",
            "/** The sha256 of the source that it was made of. */",
            `export const sourceSum = "${crypto.createHash("sha256").update(source).digest("hex")}";`,
            "",
            `/** ${placesPurpose} */`,
            `export const places = { ${shown.join(", ")} } as const;`,
            "",
            "/** The module. */",
            "export const wasm = Buffer.from(",
            `    [\n${lines.map((line) => `        "${line}",\n`).join("")}    ].join(""),`,
            '    "base64",',
            ");",
            "",
        ].join("\n"),
    );
    process.stdout.write(`${wasm.length} bytes\n`);
}

module.exports = { write };
