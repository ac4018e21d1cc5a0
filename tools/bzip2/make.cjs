// Makes the WebAssembly of the bzip2 codec anew: `npm install --no-save assemblyscript@0.28.20 && node tools/bzip2/make.cjs`.
"use strict";
const { write } = require("../wasm/write.cjs");
const { source, places, pages } = require("./source.cjs");

void write({
    source,
    file: "bzip2/bzip2-wasm.ts",
    purpose:
        "Written by tools/bzip2/make.cjs: the decoder of bzip2's blocks as WebAssembly, and where things lie in its memory.",
    placesPurpose:
        "Bytes from the beginning of the memory to a block and to what comes out, what of each has room, and 64 KiB pages.",
    places: {
        input: places.input,
        inputBytes: places.inputBytes,
        output: places.output,
        outputBytes: places.outputBytes,
        pages,
    },
    pages,
});
