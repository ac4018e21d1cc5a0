// Memory does not grow with the image: measured in processes of their own, as the most that each was seen to have.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { makeDisk } from "../images/disk.js";
import { makeXz } from "../images/xz.js";
import { Workspace } from "./workspace.js";

const importer = join(__dirname, "..", "..", "provider", "importer", "import-image.js");
const clock = join(__dirname, "..", "..", "provider", "model", "clock.js");

/**
 * What one import does in a process of its own: prints the most memory that it was seen to have. The operating system's own
 * figure (maxRSS) will not do: on Linux a process begins with that of the one that started it, which is this test's.
 */
const script = `
const { importImage } = require(${JSON.stringify(importer)});
const { systemClock } = require(${JSON.stringify(clock)});
const [path, target] = process.argv.slice(1);
let most = 0;
const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
const request = { source: { kind: "file", path }, signal: new AbortController().signal, clock: systemClock };
importImage(target, request).then(() => {
    clearInterval(watch);
    console.log(most);
});
`;

describe("memory", function () {
    this.timeout(120_000);
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const peak = (path: string): number =>
        Number(execFileSync(process.execPath, ["-e", script, path, space.target], { encoding: "utf8" }));

    const unit = 8 * 2 ** 20;
    const size = 160 * unit;
    /** An import has about 110 MiB, or 150 through gzip; the collector of garbage may come late on a machine with much to do. */
    const bound = 384 * 2 ** 20;

    for (const { reason, make } of [
        {
            reason: "a raw disk",
            make: () => {
                const path = space.write("image", makeDisk(unit, { unit: 100_000 }));
                truncateSync(path, size);
                return path;
            },
        },
        {
            reason: "a disk in gzip",
            make: () => {
                const member = gzipSync(makeDisk(unit, { unit: 100_000 }), { level: 1 });
                return space.write("image", Buffer.concat(Array.from({ length: size / unit }, () => member)));
            },
        },
        {
            reason: "a disk in xz, in blocks that threads decode",
            make: () => {
                const member = makeXz(makeDisk(3 * unit, { unit: 100_000 }), { check: 1 });
                return space.write("image", Buffer.concat(Array.from({ length: 40 }, () => member)));
            },
        },
    ]) {
        it(`stays far below the size of ${reason}`, () => {
            const most = peak(make());
            assert.ok(most > 20 * 2 ** 20, `${most} bytes: it was watched`);
            assert.ok(most < bound, `${most} bytes for a disk of ${size}`);
        });
    }
});
