// zstd: one frame, many frames, skippable frames, and what must not follow them.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { constants, zstdCompressSync } from "node:zlib";
import { unzstd, zstd } from "../../../provider/importer/codecs/zstd.js";
import { makeDisk, seededRandom } from "../../images/disk.js";
import { describeCodec, type CodecCases } from "./describe-codec.js";

const one = makeDisk(9_000, { seed: 1, unit: 1000 });
const two = makeDisk(5_000, { seed: 2, unit: 1000 });
const encode = (bytes: Uint8Array): Buffer =>
    zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const whole = Buffer.concat([encode(one), encode(two)]);
const both = Buffer.concat([one, two]);

/** A frame that decoders pass over; pzstd and seekable archives write them. */
function skippable(kind: number, bytes: Buffer): Buffer {
    const header = Buffer.alloc(8);
    header.writeUInt32LE(0x184d2a50 + kind);
    header.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([header, bytes]);
}

function changed(bytes: Buffer, at: number): Buffer {
    const copy = Buffer.from(bytes);
    const index = at < 0 ? copy.length + at : at;
    copy[index] = (copy[index] ?? 0) ^ 0x55;
    return copy;
}

/** What a compressor writes that does not know how much is to come. */
const sizeless = zstdCompressSync(both, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });

/** A frame whose header asks for a window of 2 GiB: magic, descriptor (no size, no checksum), window byte. */
const greedy = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (31 - 10) << 3]), Buffer.alloc(64)]);

const cases: CodecCases = {
    encode,
    good: [
        { reason: "frames one after another", encoded: whole, decoded: both, cuts: [encode(one).length] },
        {
            reason: "skippable frames before, between and behind the others",
            encoded: Buffer.concat([
                skippable(0, Buffer.from("size")),
                encode(one),
                skippable(15, Buffer.alloc(70_000, 1)),
                encode(two),
                skippable(14, Buffer.alloc(0)),
            ]),
            decoded: both,
        },
        {
            reason: "an empty frame between two others",
            encoded: Buffer.concat([encode(one), encode(Buffer.alloc(0)), encode(two)]),
            decoded: both,
        },
        { reason: "nothing", encoded: encode(Buffer.alloc(0)), decoded: Buffer.alloc(0) },
        { reason: "a frame that does not tell its size", encoded: sizeless, decoded: both },
    ],
    hostile: [
        { reason: "data that is cut off", encoded: whole.subarray(0, whole.length - 1_000), code: "truncated" },
        { reason: "a checksum that is cut off", encoded: whole.subarray(0, whole.length - 3), code: "truncated" },
        {
            reason: "a frame of which only the magic is there",
            encoded: Buffer.concat([encode(one), whole.subarray(0, 4)]),
            code: "truncated",
        },
        {
            reason: "a skippable frame that is cut off",
            encoded: Buffer.concat([whole, skippable(0, Buffer.alloc(9)).subarray(0, 12)]),
            code: "truncated",
        },
        { reason: "a wrong checksum", encoded: changed(whole, -1), code: "corrupt-image" },
        {
            reason: "a wrong checksum of an earlier frame",
            encoded: changed(whole, encode(one).length - 1),
            code: "corrupt-image",
        },
        {
            reason: "text behind the last frame",
            encoded: Buffer.concat([whole, Buffer.from("more")]),
            code: "corrupt-image",
        },
        {
            reason: "padding behind the last frame",
            encoded: Buffer.concat([whole, Buffer.alloc(512)]),
            code: "corrupt-image",
        },
        { reason: "a window that takes 2 GiB of memory", encoded: greedy, code: "corrupt-image" },
    ],
};

describeCodec(zstd, cases);

// As it is done where Node's engine is not as it is known. Before version 24 its streams do not tell that a frame did not end.
const tells = Number(process.versions.node.split(".")[0]) >= 24;
describeCodec(
    { ...zstd, name: "zst, streamed", decode: (input, name) => unzstd(input, name, true) },
    { ...cases, hostile: cases.hostile.filter(({ code }) => tells || code !== "truncated") },
);

describe("zstd data that is cut off", () => {
    const random = seededRandom(9);
    const noise = Buffer.from(Array.from({ length: 700 }, () => random() & 0xff));
    const frames = [
        { reason: "compressed blocks, and a checksum", frame: encode(makeDisk(3_000, { seed: 4, unit: 100 })) },
        { reason: "one byte again and again", frame: encode(Buffer.alloc(3_000, 7)) },
        { reason: "bytes as they are, without a checksum", frame: zstdCompressSync(noise) },
        { reason: "nothing to be unpacked", frame: skippable(3, Buffer.alloc(90, 1)) },
    ];
    for (const { reason, frame } of frames) {
        it(`is refused wherever that is within a frame, and taken between two: ${reason}`, async () => {
            for (let length = 1; length < frame.length; length += 1) {
                const cut = Buffer.concat([encode(one), frame.subarray(0, length)]);
                await assert.rejects(drain(cut), { code: "truncated" }, `${length} of ${frame.length} bytes`);
            }
            await drain(Buffer.concat([encode(one), frame]));
        });
    }
});

async function drain(encoded: Buffer): Promise<number> {
    let length = 0;
    for await (const chunk of zstd.decode(Readable.from([encoded]), "the-image")) length += chunk.length;
    return length;
}
