// What is given back is gone at once, and nothing that others use ever is.
import { strict as assert } from "node:assert";
import { releaseLast } from "../../provider/importer/release.js";

const large = 64 * 1024;

describe("memory given back", () => {
    it("goes with the last of its chunks, where they lie one after another", () => {
        const whole = new Uint8Array(large);
        releaseLast(whole.subarray(0, 1000), large);
        assert.equal(whole.length, large);
        releaseLast(whole.subarray(1000), large / 2);
        assert.equal(whole.length, large, "memory of another size is not what was meant");
        releaseLast(whole.subarray(1000), large);
        assert.equal(whole.length, 0);
    });

    it("stays where it is small, and where threads share it", () => {
        const small = new Uint8Array(100);
        releaseLast(small, 100);
        assert.equal(small.length, 100);
        const shared = new Uint8Array(new SharedArrayBuffer(large));
        releaseLast(shared, large);
        assert.equal(shared.length, large);
    });
});
