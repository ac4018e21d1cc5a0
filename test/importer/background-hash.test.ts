// The hash that a thread computes is the hash, however the bytes come, and nothing waits for ever.
import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { BackgroundHash } from "../../provider/importer/background-hash.js";
import { makeDisk } from "../images/disk.js";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("a hash in a thread of its own", () => {
    it("is that of all bytes so far, in chunks of any size, of memory that is used again", async () => {
        const bytes = makeDisk(9_000_001, { seed: 3 });
        const hash = new BackgroundHash();
        try {
            let step = 1;
            for (let at = 0; at < bytes.length; step = (step * 3 + 1) % 3_000_000) {
                const chunk = new Uint8Array(bytes.subarray(at, at + step));
                await hash.update(chunk);
                chunk.fill(0xff);
                at = Math.min(bytes.length, at + step);
                if (step > 1_000_000) assert.equal(await hash.digest(), sha256(bytes.subarray(0, at)));
            }
            assert.equal(await hash.digest(), sha256(bytes));
            assert.equal(await hash.digest(), sha256(bytes), "once more");
        } finally {
            hash.close();
        }
    });

    it("of nothing is the hash of nothing", async () => {
        const hash = new BackgroundHash();
        assert.equal(await hash.digest(), sha256(new Uint8Array(0)));
        hash.close();
    });

    it("fails for whoever waits for it when it is closed, and takes no more", async () => {
        const hash = new BackgroundHash();
        const waiting = assert.rejects(hash.digest(), /closed/);
        hash.close();
        await waiting;
        await assert.rejects(hash.update(new Uint8Array(8 * 2 ** 20)), /closed/);
    });
});
