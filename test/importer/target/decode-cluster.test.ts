// Decoding clusters: the fast way and the plain one must agree on every input, good or bad.
import assert from "node:assert/strict";
import { deflateRawSync, deflateSync, zstdCompressSync } from "node:zlib";
import { ClusterDecoder } from "../../../provider/importer/target/decode-cluster.js";
import { makeDisk, seededRandom } from "../../images/disk.js";

/** As a VMDK has it: the sector that it goes to, its length, and its bytes. */
function grain(packed: Uint8Array, sector = 0, length = packed.length): Buffer {
    const header = Buffer.alloc(12);
    header.writeUInt32LE(sector, 0);
    header.writeUInt32LE(length, 8);
    return Buffer.concat([header, packed]);
}

const exactly = (size: number) => ({ least: size, most: size });

describe("decoding a cluster", () => {
    const size = 65_536;
    const ways = { reused: new ClusterDecoder(), plain: new ClusterDecoder(false) };
    const compress = {
        zlib: (bytes: Uint8Array) => deflateRawSync(bytes, { windowBits: 12 }),
        grain: (bytes: Uint8Array) => grain(deflateSync(bytes)),
        zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
    };

    for (const [way, decoder] of Object.entries(ways)) {
        for (const compression of ["zlib", "grain", "zstd"] as const) {
            it(`gives the cluster, and ignores what follows it in the sector (${compression}, ${way})`, () => {
                for (let seed = 0; seed < 40; seed += 1) {
                    const cluster = makeDisk(size, { seed, unit: 5000 });
                    const rest = makeDisk(seed * 13, { seed, unit: 50 });
                    const bytes = Buffer.concat([compress[compression](cluster), rest]);
                    assert.ok(cluster.equals(decoder.decode(compression, bytes, exactly(size), 0)), `seed ${seed}`);
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
                    assert.throws(() => decoder.decode(compression, bad, exactly(size), 0), {
                        code: "corrupt-image",
                    });
                    assert.ok(cluster.equals(decoder.decode(compression, good, exactly(size), 0)));
                }
            });
        }
    }

    it("agrees with itself on damaged data, however it decodes", () => {
        for (let seed = 0; seed < 200; seed += 1) {
            const random = seededRandom(seed);
            const compression = (["zlib", "grain", "zstd"] as const)[seed % 3] ?? "zlib";
            const bytes = Buffer.from(compress[compression](makeDisk(4096, { seed, unit: 300 })));
            bytes[random() % bytes.length] = random() & 0xff;
            const outcome = (decoder: ClusterDecoder): string => {
                try {
                    return Buffer.from(decoder.decode(compression, bytes, exactly(4096), 0)).toString("base64");
                } catch {
                    return "refused";
                }
            };
            assert.equal(outcome(ways.reused), outcome(ways.plain), `seed ${seed}`);
        }
    });

    for (const [way, decoder] of Object.entries(ways)) {
        it(`holds a grain to its header and its checksum, wherever the bytes end (${way})`, () => {
            const cluster = makeDisk(size, { seed: 5, unit: 5000 });
            const packed = deflateSync(cluster);
            const good = grain(packed);
            const wrong = Buffer.from(good);
            wrong.writeUInt32BE((good.readUInt32BE(good.length - 4) ^ 1) >>> 0, good.length - 4);
            const padded = Buffer.concat([wrong, Buffer.alloc(100)]);
            const short = [1, 4].map((missing) => grain(packed.subarray(0, -missing)));
            const long = [good.subarray(0, -1), grain(packed, 0, packed.length + 1)];
            for (const bad of [wrong, padded, ...short, ...long, grain(packed.subarray(2)), grain(packed, 1)]) {
                assert.throws(() => decoder.decode("grain", bad, exactly(size), 0), { code: "corrupt-image" });
                assert.ok(cluster.equals(decoder.decode("grain", good, exactly(size), 0)));
            }
        });
    }

    it("takes fewer bytes where the disk ends before the cluster does, and no fewer than that", () => {
        const decoder = new ClusterDecoder();
        const bytes = deflateRawSync(Buffer.alloc(3000, 5));
        assert.equal(decoder.decode("zlib", bytes, { least: 2000, most: 4096 }, 0).length, 3000);
        assert.throws(() => decoder.decode("zlib", bytes, { least: 3001, most: 4096 }, 0), { code: "corrupt-image" });
        assert.throws(() => decoder.decode("zlib", bytes, { least: 2000, most: 2999 }, 0), { code: "corrupt-image" });
    });
});
