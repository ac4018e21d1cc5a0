// The tail of a cluster: only its own bytes are given, each once, however the stream was cut.
import assert from "node:assert/strict";
import { ClusterTail } from "../../provider/importer/cluster-tail.js";
import { makeDisk } from "../images/disk.js";

const stream = makeDisk(40_000, { seed: 131, unit: 700 });

describe("the tail of a cluster", () => {
    /** A piece ends at 10,000, within the cluster from 8,192 to 12,288. */
    const tailAfter = (step: number): ClusterTail => {
        const tail = new ClusterTail(4096);
        for (let at = 0; at < stream.length; at += step) {
            tail.follow(stream.subarray(at, at + step), at, at + step >= 10_000 ? 10_000 : 0);
        }
        return tail;
    };

    for (const step of [1, 300, 4_096, 9_999, 40_000]) {
        it(`is kept from the sector in which the piece ended, in chunks of ${step}`, () => {
            const taken = tailAfter(step).take(9_700, 2_000);
            assert.ok(taken !== undefined && Buffer.from(taken).equals(stream.subarray(9_700, 11_700)));
        });
    }

    it("gives nothing from before it, from behind it, or that it gave before", () => {
        assert.equal(tailAfter(300).take(9_000, 100), undefined);
        assert.equal(tailAfter(300).take(12_000, 400), undefined);
        const tail = tailAfter(300);
        assert.ok(tail.take(9_700, 1_500) !== undefined);
        assert.equal(tail.take(9_700, 1_500), undefined);
        assert.ok(tail.take(11_100, 500) !== undefined, "the sector in which the last one ended may be shared");
    });
});
