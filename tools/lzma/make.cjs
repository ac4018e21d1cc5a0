// Makes the WebAssembly of the xz codec anew: `npm install --no-save assemblyscript@0.28.20 && node tools/lzma/make.cjs`.
"use strict";
const { write } = require("../wasm/write.cjs");
const { source, places } = require("./source.cjs");

void write({
    source,
    file: "xz/lzma-wasm.ts",
    purpose: "Written by tools/lzma/make.cjs: the LZMA decoder as WebAssembly, and where things lie in its memory.",
    placesPurpose: "Bytes from the beginning of the memory to what is decoded, and to the window.",
    places: { input: places.input, window: places.window },
    pages: 3,
});
