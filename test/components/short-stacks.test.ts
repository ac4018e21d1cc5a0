// The stacks that resource classes go without, and the ones that they must not.
import assert from "node:assert/strict";
import { BootSource, ImportedImage } from "../../components/index.js";

describe("a resource class", () => {
    const limit = Error.stackTraceLimit;

    for (const [kind, construct] of [
        ["BootSource", () => new BootSource("", { source: { blank: {} }, storage: { size: "1Mi" } })],
        ["ImportedImage", () => new ImportedImage("", { source: { blank: {} }, storage: { size: "1Mi" } })],
    ] as const) {
        it(`tells which line of the program made a ${kind} that Pulumi refuses, and leaves stacks as they were`, () => {
            assert.throws(construct, (error: Error) => {
                assert.match(error.message, /Missing resource name/);
                assert.match(error.stack ?? "", /short-stacks\.test/);
                return true;
            });
            assert.equal(Error.stackTraceLimit, limit);
        });
    }
});
