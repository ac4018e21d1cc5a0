// A connection whose pace changes in the middle of a part: whatever is asked for because of that, the bytes come in their order.
import assert from "node:assert/strict";
import type { Identity } from "../../../provider/importer/contract.js";
import { openParallel } from "../../../provider/importer/sources/http-parallel.js";
import { Pace } from "../../../provider/importer/sources/http-pace.js";
import type { Ask, Transfer } from "../../../provider/importer/sources/http-body.js";
import { AnswerBody } from "../../../provider/importer/sources/http1/answer-body.js";
import { Patience } from "../../../provider/importer/sources/patience.js";
import { StallWatch } from "../../../provider/importer/sources/stall.js";
import { makeDisk } from "../../images/disk.js";
import { HurryClock } from "../../servers/hurry-clock.js";

const mebibyte = 2 ** 20;
const owner = { resume: () => undefined, leave: () => undefined };

/** Passes time without giving it to anybody. */
function spend(milliseconds: number): void {
    for (const end = performance.now() + milliseconds; performance.now() < end;);
}

describe("the pace of a connection", () => {
    const disk = makeDisk(75 * mebibyte + 5, { seed: 81, unit: 1_000_000 });
    const known: Identity = {
        size: disk.length,
        version: '"one"',
        ranges: true,
        lastModified: undefined,
        mediaType: undefined,
    };

    /** A server whose answer to the question of a number goes slowly at the beginning, and then as fast as anything can. */
    async function read(isSlow: (question: number) => boolean): Promise<{ bytes: Buffer; asked: string[] }> {
        const clock = new HurryClock();
        const asked: string[] = [];
        const ask: Ask = (_method, headers) => {
            const range = headers["range"] ?? "";
            const question = asked.push(range) - 1;
            const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
            const part = disk.subarray(Number(from), Number(to) + 1);
            const body = new AnswerBody(owner);
            body.push(part.subarray(0, 1000));
            setImmediate(() => {
                if (isSlow(question)) spend(10);
                body.push(part.subarray(1000, 2000));
                setImmediate(() => {
                    body.push(part.subarray(2000));
                    body.end();
                });
            });
            const answered = {
                etag: '"one"',
                "content-range": `bytes ${from ?? ""}-${Number(from) + part.length - 1}/${disk.length}`,
            };
            const url = new URL("http://127.0.0.1/image");
            return Promise.resolve({ status: 206, headers: answered, body, address: { url, secrets: {} } });
        };
        const { signal } = new AbortController();
        const transfer: Transfer = {
            name: "image",
            ask,
            range: undefined,
            signal,
            patience: (attempts = 6) => new Patience(clock, attempts),
            watch: (outer) => new StallWatch(clock, 60_000, "image", outer),
        };
        // Fast enough to catch up within one part.
        const parallel = { connections: 4, partBytes: 12 * mebibyte, enough: 1024 * mebibyte };
        const opened = await openParallel(transfer, known, parallel);
        const chunks: Buffer[] = [];
        for await (const chunk of opened.bytes) chunks.push(Buffer.from(chunk));
        return { bytes: Buffer.concat(chunks), asked };
    }

    for (const [reason, isSlow] of [
        ["never slow", () => false],
        ["slow in its first part, and fast again before the end of it", (question: number) => question === 0],
        ["slow later", (question: number) => question === 1],
        ["slow now and then", (question: number) => question % 2 === 0],
        ["slow all the time", () => true],
    ] as const) {
        it(`changes nothing of what is read: ${reason}`, async () => {
            const { bytes } = await read(isSlow);
            assert.ok(bytes.equals(disk));
        });
    }

    it("is that of the waiting alone, and not of who takes what it brings", async () => {
        async function* bytes(wait: number): AsyncGenerator<Uint8Array> {
            for (let index = 0; index < 20; index += 1) {
                await Promise.resolve();
                spend(wait);
                yield new Uint8Array(mebibyte);
            }
        }
        for (const [wait, take, slow] of [
            [0, 20, false],
            [20, 0, true],
        ] as const) {
            const pace = new Pace(100 * mebibyte);
            for await (const chunk of pace.over(bytes(wait))) {
                assert.equal(chunk.length, mebibyte);
                spend(take);
            }
            assert.equal(pace.isSlow, slow);
        }
    });
});
