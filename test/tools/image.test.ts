// The quickstart's image: small, whole, what the generator makes, and with the sum that lies beside it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as zlib from "node:zlib";
import { clone } from "./sandbox";

describe("the quickstart's image", () => {
    const file = path.join(clone, "examples/quickstart/image/hello.qcow2");
    const image = fs.readFileSync(file);

    it("is small, and has the sum that the program asks for", () => {
        assert.ok(image.length < 100_000);
        const sum = createHash("sha256").update(image).digest("hex");
        assert.equal(fs.readFileSync(`${file}.sha256`, "utf8"), `${sum}  hello.qcow2\n`);
    });

    it("holds the boot sector that tools/image makes, compressed", () => {
        const { bootSector } = require(path.join(clone, "tools/image/boot-sector.cjs")) as {
            bootSector: (line: string) => Buffer;
        };
        const cluster = 1 << image.readUInt32BE(20);
        const l2 = Number(image.readBigUInt64BE(Number(image.readBigUInt64BE(40))) & 0xfffffffffffffn);
        const entry = image.readBigUInt64BE(l2);
        assert.equal(entry >> 62n, 1n, "the cluster is compressed");
        const first = zlib.inflateRawSync(image.subarray(Number(entry & 0x3fffffffffn)), { maxOutputLength: cluster });
        assert.deepEqual(first.subarray(0, 512), bootSector("Hello from pulumi-bootsource"));
        assert.equal(first.readUInt16LE(510), 0xaa55, "what a BIOS looks for");
    });
});
