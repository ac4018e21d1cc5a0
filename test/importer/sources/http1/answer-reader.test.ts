// Answers of web servers, byte for byte: read the same however they are torn, and refused where two readers could differ.
import assert from "node:assert/strict";
import { AnswerReader } from "../../../../provider/importer/sources/http1/answer-reader.js";
import { seededRandom } from "../../../images/disk.js";

interface Read {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly body: string;
    /** Whether the connection was good for another question; undefined where the answer did not end. */
    readonly reusable: boolean | undefined;
}

/** Reads an answer that arrives in pieces; with `ends` the connection ends behind it. */
async function read(answer: string, lengths: () => number, { method = "GET", ends = false } = {}): Promise<Read> {
    let reusable: boolean | undefined;
    const reader = new AnswerReader(method, {
        resume: () => undefined,
        leave: () => undefined,
        complete: (good) => (reusable = good),
    });
    const bytes = Buffer.from(answer, "latin1");
    // Memory that is used again, as that of a connection is not before it was given back: what is kept must be a copy.
    try {
        for (let at = 0; at < bytes.length && reusable === undefined;) {
            const piece = new Uint8Array(bytes.subarray(at, at + lengths()));
            reader.take(piece);
            at += piece.length;
            piece.fill(0);
        }
        if (ends) reader.end();
    } catch (thrown) {
        reader.fail(thrown as Error);
    }
    const { head, body } = await reader.answered;
    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString("latin1");
    return { status: head.status, headers: head.headers, body: text, reusable };
}

const whole = (): number => Infinity;
const bytewise = (): number => 1;

/** However it is torn: at once, byte by byte, and by chance. */
async function readTorn(answer: string, options?: { method?: string; ends?: boolean }): Promise<Read> {
    const first = await read(answer, whole, options);
    const random = seededRandom(answer.length);
    for (const lengths of [bytewise, ...Array.from({ length: 20 }, () => () => 1 + (random() % 9))]) {
        assert.deepEqual(await read(answer, lengths, options), first);
    }
    return first;
}

async function refused(answer: string, code = "HTTP_INVALID", options?: { method?: string }): Promise<void> {
    const random = seededRandom(answer.length);
    for (const lengths of [whole, bytewise, () => 1 + (random() % 9)]) {
        await assert.rejects(read(answer, lengths, { ends: true, ...options }), { code }, JSON.stringify(answer));
    }
}

const ok = "HTTP/1.1 200 OK\r\n";

describe("an answer of a web server", () => {
    it("has a body as long as it says, however it is torn, and its connection is used again", async () => {
        const answer = await readTorn(`${ok}Content-Length: 5\r\nETag:  "a b" \r\n\r\nhello`);
        assert.deepEqual(answer, {
            status: 200,
            headers: { "content-length": "5", etag: '"a b"' },
            body: "hello",
            reusable: true,
        });
    });

    it("has a body in chunks, with extensions, trailers and any case of hex digits", async () => {
        const chunks =
            '5;name=value;other="quoted"\r\nhello\r\n00A \t\r\n, chunked!\r\n0;last\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n';
        const answer = await readTorn(`${ok}Transfer-Encoding: Chunked\r\n\r\n${chunks}`);
        assert.equal(answer.body, "hello, chunked!");
        assert.equal(answer.reusable, true);
        assert.equal(answer.headers["x-sum"], undefined, "a trailer is no header");
    });

    it("has the body up to the end of the connection where it says no length", async () => {
        const answer = await readTorn(`${ok}\r\nhello`, { ends: true });
        assert.deepEqual([answer.body, answer.reusable], ["hello", false]);
    });

    it("comes after others that only say that it is on its way", async () => {
        const before = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
        const answer = await readTorn(`${before}${ok}Content-Length: 2\r\n\r\nhi`);
        assert.deepEqual([answer.status, answer.body, answer.headers["link"]], [200, "hi", undefined]);
        await refused(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n`);
    });

    it("has no body to HEAD, nor with 204 and 304, whatever length it says", async () => {
        for (const [status, method] of [
            ["200 OK", "HEAD"],
            ["204 No Content", "GET"],
            ["304 Not Modified", "GET"],
        ] as const) {
            const answer = await readTorn(`HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\n`, { method });
            assert.deepEqual([answer.body, answer.reusable], ["", true]);
        }
    });

    it("ends its connection where it says so, or is of old, or something stands behind it", async () => {
        for (const answer of [
            `${ok}Connection: close\r\nContent-Length: 2\r\n\r\nhi`,
            `${ok}Connection: TE, Close\r\nContent-Length: 2\r\n\r\nhi`,
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            `${ok}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
        ]) {
            const { body, reusable } = await readTorn(answer);
            assert.deepEqual([body, reusable], ["hi", false]);
        }
        const old = await readTorn("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi");
        assert.equal(old.reusable, true);
        for (const framing of [
            "Content-Length: 2\r\n\r\nhi",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        ]) {
            // In one piece with the body: what comes later is the connection's to notice.
            const { body, reusable } = await read(`${ok}${framing}HTTP/1.1 200 OK\r\n\r\n`, whole);
            assert.deepEqual([body, reusable], ["hi", false]);
        }
    });

    it("is broken off where it ends before its end, and gives what has arrived first", async () => {
        for (const answer of [
            "",
            "HTTP/1.1 20",
            `${ok}Content-Length: 5\r\n`,
            `${ok}Content-Length: 5\r\n\r\n`,
            `${ok}Content-Length: 5\r\n\r\nhell`,
            `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`,
            `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
            `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`,
        ]) {
            await refused(answer, "HTTP_CLOSED");
        }
    });

    for (const [reason, answer] of [
        ["begins otherwise", "HTTQ/1.1 200 OK\r\n\r\n"],
        ["is of another protocol that says nothing more", "SSH-2.0-OpenSSH"],
        ["is of another version", "HTTP/2.0 200 OK\r\n\r\n"],
        ["has a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
        ["has a control character in its status line", "HTTP/1.1 200 O\x01K\r\n\r\n"],
        ["folds a header line", `${ok}X-Long: one\r\n two\r\n\r\n`],
        ["folds its first header line", `${ok} X-Long: one\r\n\r\n`],
        ["has a space before a colon", `${ok}Content-Length : 5\r\n\r\nhello`],
        ["has a header without a name", `${ok}: 5\r\n\r\n`],
        ["has a bare line feed, which some take for the end of a line", `${ok}X: a\nContent-Length: 5\r\n\r\nhello`],
        ["has a bare carriage return", `${ok}X: a\rContent-Length: 5\r\n\r\nhello`],
        ["has a null byte", `${ok}X: a\0b\r\n\r\n`],
        ["says two lengths", `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
        ["says one length twice", `${ok}Content-Length: 5, 5\r\n\r\nhello`],
        ["says a negative length", `${ok}Content-Length: -5\r\n\r\nhello`],
        ["says a length in hex", `${ok}Content-Length: 0x5\r\n\r\nhello`],
        ["says a length that no number holds", `${ok}Content-Length: ${"9".repeat(16)}\r\n\r\n`],
        ["says no length", `${ok}Content-Length: \r\n\r\n`],
        ["says a length, and chunks", `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
        ["says chunks of something else", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
        ["says chunks twice", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
        ["says another coding", `${ok}Transfer-Encoding: identity\r\n\r\nhello`],
        ["has chunks before they were invented", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ] as const) {
        it(`is refused where it ${reason}`, () => refused(answer));
    }

    for (const [reason, chunks] of [
        ["no size", "\r\nhello\r\n0\r\n\r\n"],
        ["a negative size", "-5\r\nhello\r\n0\r\n\r\n"],
        ["a size with a sign", "+5\r\nhello\r\n0\r\n\r\n"],
        ["a size in C's hex", "0x5\r\nhello\r\n0\r\n\r\n"],
        ["a size that no number holds", `${"f".repeat(14)}\r\nhello`],
        ["more than its size", "4\r\nhello\r\n0\r\n\r\n"],
        ["a bare line feed behind its size", "5\nhello\r\n0\r\n\r\n"],
        ["a bare line feed behind it", "5\r\nhello\n0\r\n\r\n"],
        ["a control character in its extension", "5;a\x01\r\nhello\r\n0\r\n\r\n"],
        ["an extension without end", `5;${"a".repeat(5000)}`],
        ["a trailer that is none", "0\r\nno colon\r\n\r\n"],
        ["a folded trailer", "0\r\nX: a\r\n b\r\n\r\n"],
        ["trailers without end", `0\r\n${"X: a\r\n".repeat(5000)}`],
    ] as const) {
        it(`is refused where a chunk has ${reason}`, () => refused(`${ok}Transfer-Encoding: chunked\r\n\r\n${chunks}`));
    }

    it("is refused where its head is longer than any should be, before it is all there", async () => {
        const fits = `${ok}X-Long: ${"a".repeat(16_000)}\r\nContent-Length: 2\r\n\r\nhi`;
        assert.equal((await read(fits, whole)).body, "hi");
        await refused(`${ok}X-Long: ${"a".repeat(16_384)}`);
        await refused(`${ok}${"X: a\r\n".repeat(3000)}\r\n`);
    });

    it("keeps the first of header lines of one name, in whatever case they are written", async () => {
        const answer = await readTorn(`${ok}X-Name: one\r\nx-NAME: two\r\nContent-Length: 0\r\n\r\n`);
        assert.equal(answer.headers["x-name"], "one");
        const odd = await readTorn(`${ok}__proto__: a\r\nconstructor: b\r\nContent-Length: 0\r\n\r\n`);
        assert.equal(Object.getPrototypeOf(odd.headers), Object.prototype);
    });
});
