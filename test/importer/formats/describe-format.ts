// The conformance suite of disk formats: good images become their disks byte for byte, hostile ones leave nothing.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { inspectImage } from "../../../provider/importer/inspect.js";
import { systemClock } from "../../../provider/model/clock.js";
import type { Hostile } from "../../images/hostile-qcow2.js";
import { sha256, Workspace } from "../workspace.js";
import { startProcessorClock } from "../../processor-time.js";

/** What a format's test brings. */
export interface FormatCases {
    readonly good: readonly {
        readonly reason: string;
        readonly image: Buffer;
        readonly disk: Buffer;
    }[];
    readonly hostile: readonly Hostile[];
}

/** Runs the suite. */
export function describeFormat(name: string, cases: FormatCases): void {
    describe(`format ${name}`, () => {
        let space: Workspace;
        beforeEach(() => {
            space = new Workspace();
        });
        afterEach(() => {
            space.remove();
        });

        for (const { reason, image, disk } of cases.good) {
            it(`imports ${reason}`, async () => {
                const imported = await space.import({ source: { kind: "file", path: space.write("image", image) } });
                assert.equal(imported.format, name);
                assert.equal(imported.virtualSize, disk.length);
                assert.equal(imported.digest, `sha256:${sha256(image)}`);
                assert.equal(imported.sourceSize, image.length);
                assert.equal(sha256(space.target), sha256(disk));
                assert.deepEqual(space.left(), ["disk.img"]);
            });

            it(`imports ${reason}, gzipped and so without a way to seek`, async () => {
                const path = space.write("image.gz", gzipSync(image, { level: 1 }));
                const imported = await space.import({ source: { kind: "file", path }, size: disk.length + 4096 });
                assert.deepEqual(imported.codecs, ["gz"]);
                assert.equal(imported.format, name);
                assert.equal(sha256(space.target), sha256(Buffer.concat([disk, Buffer.alloc(4096)])));
            });
        }

        for (const { reason, image, code } of cases.hostile) {
            it(`refuses ${reason}`, async () => {
                const path = space.write("image", image);
                const spent = startProcessorClock();
                const error = await space.refused({ source: { kind: "file", path } });
                assert.equal(error.code, code, error.message);
                assert.match(error.message, /^cannot .+: .+; .+/s);
                assert.ok(spent() < 2000, "a refusal takes less than two seconds");
            });
        }

        it("refuses all of that inside gzip too, where nothing can be asked for out of turn", async () => {
            for (const { reason, image, code } of cases.hostile) {
                const path = space.write("image.gz", gzipSync(image, { level: 1 }));
                const spent = startProcessorClock();
                const error = await space.refused({ source: { kind: "file", path } });
                // How long the image is shows at its end only: what lies outside it looks like what was cut off.
                assert.ok(error.code === code || error.code === "truncated", `${reason}: ${error.message}`);
                assert.ok(spent() < 2000, `${reason}: a refusal takes less than two seconds`);
            }
        });

        it("tells by inspection what an import would bring, without writing anything", async () => {
            for (const { image, disk } of cases.good) {
                const path = space.write("image", image);
                const options = { signal: new AbortController().signal, clock: systemClock };
                const told = await inspectImage({ kind: "file", path }, options);
                assert.equal(told.virtualSize, disk.length);
                assert.equal(told.refused, undefined);
                assert.equal(told.sourceSize, image.length);
            }
            assert.deepEqual(space.left(), []);
        });
    });
}
