// gzip: one member, many members, padding, and what must not follow it.
import { gzipSync } from "node:zlib";
import { gunzip, gzip } from "../../../provider/importer/codecs/gzip.js";
import { makeDisk } from "../../images/disk.js";
import { describeCodec, type CodecCases } from "./describe-codec.js";

const one = makeDisk(9_000, { seed: 1, unit: 1000 });
const two = makeDisk(5_000, { seed: 2, unit: 1000 });
const whole = Buffer.concat([gzipSync(one), gzipSync(two)]);

/** A member with every optional field of the header: extra, name, comment, header checksum left out. */
function withFields(bytes: Uint8Array): Buffer {
    const plain = gzipSync(bytes);
    const flags = Buffer.from(plain.subarray(0, 10));
    flags[3] = 4 | 8 | 16;
    const fields = Buffer.concat([Buffer.from([3, 0]), Buffer.from("abc"), Buffer.from("disk.img\0a comment\0")]);
    return Buffer.concat([flags, fields, plain.subarray(10)]);
}

function changed(bytes: Buffer, at: number): Buffer {
    const copy = Buffer.from(bytes);
    const index = at < 0 ? copy.length + at : at;
    copy[index] = (copy[index] ?? 0) ^ 0x55;
    return copy;
}

const cases: CodecCases = {
    encode: (bytes) => gzipSync(bytes),
    good: [
        { reason: "members one after another", encoded: whole, decoded: Buffer.concat([one, two]) },
        {
            reason: "an empty member between two others",
            encoded: Buffer.concat([gzipSync(one), gzipSync(""), gzipSync(two)]),
            decoded: Buffer.concat([one, two]),
        },
        {
            reason: "zeros behind the last member",
            encoded: Buffer.concat([whole, Buffer.alloc(70_000)]),
            decoded: Buffer.concat([one, two]),
        },
        { reason: "a header with every optional field", encoded: withFields(one), decoded: one },
        {
            reason: "padding that begins with a chunk of its own",
            encoded: Buffer.concat([whole, Buffer.alloc(40_000)]),
            decoded: Buffer.concat([one, two]),
            cuts: [whole.length],
        },
        {
            reason: "members that begin with a chunk of their own",
            encoded: whole,
            decoded: Buffer.concat([one, two]),
            cuts: [gzipSync(one).length],
        },
        { reason: "nothing", encoded: gzipSync(""), decoded: Buffer.alloc(0) },
    ],
    hostile: [
        { reason: "data that is cut off", encoded: whole.subarray(0, whole.length - 1_000), code: "truncated" },
        { reason: "a trailer that is cut off", encoded: whole.subarray(0, whole.length - 3), code: "truncated" },
        { reason: "a wrong CRC", encoded: changed(whole, -8), code: "corrupt-image" },
        { reason: "a wrong length", encoded: changed(whole, -1), code: "corrupt-image" },
        {
            reason: "a wrong CRC of an earlier member",
            encoded: changed(whole, gzipSync(one).length - 8),
            code: "corrupt-image",
        },
        {
            reason: "text behind the last member",
            encoded: Buffer.concat([whole, Buffer.from("more")]),
            code: "corrupt-image",
        },
        {
            reason: "text behind the padding",
            encoded: Buffer.concat([whole, Buffer.alloc(7_000), Buffer.from("more")]),
            code: "corrupt-image",
        },
        { reason: "reserved header flags", encoded: changedFlags(), code: "corrupt-image" },
    ],
};

describeCodec(gzip, cases);
// As it is done where Node's engine is not as it is known.
describeCodec({ ...gzip, name: "gz, streamed", decode: (input, name) => gunzip(input, name, true) }, cases);

function changedFlags(): Buffer {
    const bytes = Buffer.from(whole);
    bytes[3] = 0xe0;
    return bytes;
}
