// Makes the quickstart's image anew: `node tools/image/make.cjs`. Its sum goes beside it; the program checks the import against it.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { bootSector } = require("./boot-sector.cjs");
const { qcow2 } = require("./qcow2.cjs");

const target = path.resolve(__dirname, "..", "..", "examples", "quickstart", "image", "hello.qcow2");
const image = qcow2(bootSector("Hello from pulumi-bootsource"), 16 * 1024 * 1024);
fs.writeFileSync(target, image);
fs.writeFileSync(target + ".sha256", crypto.createHash("sha256").update(image).digest("hex") + "  hello.qcow2\n");
