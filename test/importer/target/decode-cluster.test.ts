// Decoding clusters: the fast way and the plain one must agree on every input, good or bad.
import assert from "node:assert/strict";
import { deflateRawSync, zstdCompressSync } from "node:zlib";
import { ClusterDecoder } from "../../../provider/importer/target/decode-cluster.js";
import { makeDisk, seededRandom } from "../../images/disk.js";

describe("decoding a cluster", () => {
    const size = 65_536;
    const ways = { reused: new ClusterDecoder(), plain: new ClusterDecoder(false) };
    const compress = {
        zlib: (bytes: Uint8Array) => deflateRawSync(bytes, { windowBits: 12 }),
        zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
    };

    for (const [way, decoder] of Object.entries(ways)) {
        for (const compression of ["zlib", "zstd"] as const) {
            it(`gives the cluster, and ignores what follows it in the sector (${compression}, ${way})`, () => {
                for (let seed = 0; seed < 40; seed += 1) {
                    const cluster = makeDisk(size, { seed, unit: 5000 });
                    const rest = makeDisk(seed * 13, { seed, unit: 50 });
                    const bytes = Buffer.concat([compress[compression](cluster), rest]);
                    assert.ok(cluster.equals(decoder.decode(compression, bytes, size, 0)), `seed ${seed}`);
                }
            });

            it(`refuses too much, too little, cut data and garbage, and goes on afterwards (${compression}, ${way})`, () => {
                const cluster = makeDisk(size, { seed: 3, unit: 5000 });
                const good = compress[compression](cluster);
                const larger = compress[compression](makeDisk(size + 1, { unit: 5000 }));
                const smaller = compress[compression](makeDisk(size - 1, { unit: 5000 }));
                for (const bad of [
                    larger,
                    smaller,
                    good.subarray(0, good.length / 2),
                    Buffer.alloc(100, 0xff),
                    Buffer.alloc(0),
                ]) {
                    assert.throws(() => decoder.decode(compression, bad, size, 512), { code: "corrupt-image" });
                    assert.ok(cluster.equals(decoder.decode(compression, good, size, 0)));
                }
            });
        }
    }

    it("agrees with itself on damaged data, however it decodes", () => {
        for (let seed = 0; seed < 200; seed += 1) {
            const random = seededRandom(seed);
            const compression = seed % 2 === 0 ? "zlib" : "zstd";
            const bytes = Buffer.from(compress[compression](makeDisk(4096, { seed, unit: 300 })));
            bytes[random() % bytes.length] = random() & 0xff;
            const outcome = (decoder: ClusterDecoder): string => {
                try {
                    return Buffer.from(decoder.decode(compression, bytes, 4096, 0)).toString("base64");
                } catch {
                    return "refused";
                }
            };
            assert.equal(outcome(ways.reused), outcome(ways.plain), `seed ${seed}`);
        }
    });
});
