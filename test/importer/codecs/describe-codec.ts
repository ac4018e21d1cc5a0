// The conformance suite of codecs: every codec's test calls it.
import assert from "node:assert/strict";
import type { Bytes, Codec } from "../../../provider/importer/contract.js";
import { isBootsourceError, type ErrorCode } from "../../../provider/model/errors.js";
import { makeDisk, seededRandom } from "../../images/disk.js";

/** What a codec's test brings. */
export interface CodecCases {
    readonly encode: (bytes: Uint8Array) => Buffer;
    readonly good: readonly {
        readonly reason: string;
        readonly encoded: Buffer;
        readonly decoded: Buffer;
        /** Places where the stream must be cut, beside the irregular ones. */
        readonly cuts?: readonly number[];
    }[];
    readonly hostile: readonly { readonly reason: string; readonly encoded: Buffer; readonly code: ErrorCode }[];
}

/** Runs the suite. */
export function describeCodec(codec: Codec, cases: CodecCases): void {
    const disk = makeDisk(700_000, { seed: 3 });
    describe(`codec ${codec.name}`, () => {
        it("knows its own data by its first bytes, and nothing else", () => {
            assert.equal(codec.match(cases.encode(disk)), true);
            assert.equal(codec.match(disk), false);
            assert.equal(codec.match(new Uint8Array(0)), false);
        });

        it("decodes what was encoded, however the stream is cut", async () => {
            const encoded = cases.encode(disk);
            for (const seed of [1, 2, 3]) {
                assert.ok((await decode(codec, cut(encoded, seed))).equals(disk), `cut by seed ${seed}`);
            }
        });

        for (const { reason, encoded, decoded, cuts = [] } of cases.good) {
            it(`decodes ${reason}`, async () => {
                for (const seed of [1, 2, 3, 4]) assert.ok((await decode(codec, cut(encoded, seed))).equals(decoded));
                const pieces = [0, ...cuts].map((from, index) => encoded.subarray(from, cuts[index]));
                assert.ok((await decode(codec, pieces)).equals(decoded));
            });
        }

        for (const { reason, encoded, code } of cases.hostile) {
            it(`refuses ${reason}`, async () => {
                for (const chunks of [
                    [encoded],
                    cut(encoded, 1),
                    cut(encoded, 2),
                    [...encoded].map((byte) => Buffer.of(byte)),
                ]) {
                    const thrown = await decode(codec, chunks).then(
                        () => undefined,
                        (error: unknown) => error,
                    );
                    assert.ok(isBootsourceError(thrown), String(thrown));
                    assert.equal(thrown.code, code);
                    assert.match(thrown.message, /the-image/);
                }
            });
        }

        it("passes on an error of its input as it is, because that one says what to do", async () => {
            const lost = new Error("the network is gone");
            async function* broken(): Bytes {
                yield cases.encode(disk).subarray(0, 1000);
                await Promise.resolve();
                throw lost;
            }
            await assert.rejects(drain(codec.decode(broken(), "the-image")), lost);
        });

        it("ends its input when its reader stops early", async () => {
            let end = (): void => undefined;
            const ended = new Promise<void>((resolve) => (end = resolve));
            async function* watched(): Bytes {
                try {
                    for (const chunk of cut(cases.encode(makeDisk(4_000_000)), 1)) {
                        yield chunk;
                        await Promise.resolve();
                    }
                } finally {
                    end();
                }
            }
            for await (const chunk of codec.decode(watched(), "the-image")) {
                assert.ok(chunk.length > 0);
                break;
            }
            // An input that is left open fails this test by its time limit.
            await ended;
        });
    });
}

async function decode(codec: Codec, chunks: readonly Uint8Array[]): Promise<Buffer> {
    async function* input(): Bytes {
        for (const chunk of chunks) {
            await Promise.resolve();
            yield chunk;
        }
    }
    return drain(codec.decode(input(), "the-image"));
}

async function drain(bytes: Bytes): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(new Uint8Array(chunk));
    return Buffer.concat(chunks);
}

/** The same bytes in chunks of irregular length, single bytes among them. */
function cut(bytes: Buffer, seed: number): Buffer[] {
    const random = seededRandom(seed);
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
        const length = random() % 3 === 0 ? 1 + (random() % 3) : 1 + (random() % 40_000);
        chunks.push(bytes.subarray(at, at + length));
        at += length;
    }
    return chunks;
}
