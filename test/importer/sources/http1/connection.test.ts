// Connections to web servers: used again where that is right, closed where it is not, and held back by who reads slowly.
import assert from "node:assert/strict";
import { ask } from "../../../../provider/importer/sources/http1/pool.js";
import { makeDisk } from "../../../images/disk.js";
import { startRawServer, type RawRequest, type RawServer } from "../../../servers/raw-server.js";

const trust = { caCertificates: undefined, insecureSkipVerify: undefined };

describe("connections to a web server", () => {
    let server: RawServer | undefined;
    afterEach(() => server?.close());

    const serve = async (answer: (request: RawRequest) => void): Promise<URL> => {
        server = await startRawServer(answer);
        return new URL(server.url);
    };
    const get = async (url: URL, headers: Record<string, string> = {}, signal = new AbortController().signal) => {
        const { head, body } = await ask(url, trust, { method: "GET", headers, signal });
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(new Uint8Array(chunk));
        return { head, bytes: Buffer.concat(chunks) };
    };
    const answerWith = (text: string, connection = "keep-alive"): string =>
        `HTTP/1.1 200 OK\r\nConnection: ${connection}\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

    it("serve one question after another, and as many at once as are asked", async () => {
        const sockets = new Set<unknown>();
        const url = await serve(({ socket }) => {
            sockets.add(socket);
            socket.write(answerWith("hello"));
        });
        for (let index = 0; index < 5; index += 1) assert.equal((await get(url)).bytes.toString(), "hello");
        assert.equal(sockets.size, 1);
        await Promise.all([get(url), get(url), get(url)]);
        assert.equal(sockets.size, 3);
    });

    it("are not used again after an answer that says so, or one that was not read to its end", async () => {
        const sockets = new Set<unknown>();
        const url = await serve(({ socket }) => {
            sockets.add(socket);
            socket.write(answerWith("hello", "close"));
        });
        await get(url);
        await get(url);
        assert.equal(sockets.size, 2);
        await server?.close();
        let closed = 0;
        const endless = await serve(({ socket }) => {
            socket.once("close", () => (closed += 1));
            socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello");
        });
        for (let index = 0; index < 2; index += 1) {
            const { signal } = new AbortController();
            const { body } = await ask(endless, trust, { method: "GET", headers: {}, signal });
            for await (const chunk of body) {
                assert.equal(Buffer.from(chunk).toString(), "hello");
                break;
            }
            while (closed <= index) await turn();
        }
    });

    it("that a server ended meanwhile are replaced, without a failure; an answer that had begun is one", async () => {
        let asked = 0;
        const url = await serve(({ socket }) => {
            asked += 1;
            // As a server whose patience with an idle connection ends just when the next question is on its way.
            if (asked === 2) socket.destroy();
            else socket.write(answerWith(`hello ${asked}`));
        });
        assert.equal((await get(url)).bytes.toString(), "hello 1");
        assert.equal((await get(url)).bytes.toString(), "hello 3");
        await server?.close();
        asked = 0;
        const begins = await serve(({ socket }) => {
            asked += 1;
            if (asked === 1) socket.write(answerWith("hello"));
            else socket.write("HTTP/1.1 2", () => socket.end());
        });
        await get(begins);
        await assert.rejects(get(begins), { code: "HTTP_CLOSED" });
        assert.equal(asked, 2);
    });

    it("on which a server speaks unasked are closed, and nobody believes what it said", async () => {
        let asked = 0;
        const state = { closed: false };
        const url = await serve(({ socket }) => {
            asked += 1;
            socket.write(answerWith(`hello ${asked}`));
            if (asked > 1) return;
            socket.once("close", () => (state.closed = true));
            setImmediate(() => socket.write(answerWith("forged")));
        });
        assert.equal((await get(url)).bytes.toString(), "hello 1");
        while (!state.closed) await turn();
        assert.equal((await get(url)).bytes.toString(), "hello 2");
    });

    it("are held back by who reads slowly, and go on where they were", async () => {
        const disk = makeDisk(40_000_000, { seed: 61 });
        let written = 0;
        const url = await serve(({ socket }) => {
            socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${disk.length}\r\n\r\n`);
            const more = (): void => {
                if (written >= disk.length) return;
                const part = disk.subarray(written, written + 65_536);
                written += part.length;
                socket.write(part, more);
            };
            more();
        });
        const { signal } = new AbortController();
        const { body } = await ask(url, trust, { method: "GET", headers: {}, signal });
        let before = -1;
        // Until nothing more is taken: what the system holds for both ends, and a few mebibytes of ours.
        while (before !== written) {
            before = written;
            for (let count = 0; count < 200; count += 1) await turn();
        }
        assert.ok(written < disk.length, `${written} bytes were taken although nobody read them`);
        let at = 0;
        for await (const chunk of body) {
            assert.equal(Buffer.compare(chunk, disk.subarray(at, at + chunk.length)), 0, `at ${at}`);
            at += chunk.length;
            if (at % 3 === 0) await turn();
        }
        assert.equal(at, disk.length);
    });

    it("end with the signal, before the answer and within it, and give nothing more", async () => {
        const silent = await serve(() => undefined);
        const before = new AbortController();
        const waiting = get(silent, {}, before.signal);
        while (server?.asked.length === 0) await turn();
        before.abort(new Error("enough"));
        await assert.rejects(waiting, /enough/);
        await server?.close();
        const state = { closed: false };
        const url = await serve(({ socket }) => {
            socket.once("close", () => (state.closed = true));
            socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello");
        });
        const within = new AbortController();
        const { body } = await ask(url, trust, { method: "GET", headers: {}, signal: within.signal });
        within.abort(new Error("enough"));
        await assert.rejects(body.next(), /enough/);
        while (!state.closed) await turn();
        await assert.rejects(get(url, {}, AbortSignal.abort(new Error("before it began"))), /before it began/);
    });

    it("carry no header that would end its line, or say how long the question is", async () => {
        const url = await serve(({ socket }) => socket.write(answerWith("hello")));
        for (const headers of [
            { "x-token": "a\r\nx-more: b" },
            { "x-token": "a\nb" },
            { "x-token": "a\0" },
            { "x-token": "\u20ac" },
            { "x token": "a" },
            { "x-token:\r\nx": "a" },
            { "": "a" },
            { "Transfer-Encoding": "chunked" },
            { "content-length": "5" },
            { Upgrade: "h2c" },
        ]) {
            await assert.rejects(get(url, headers), { code: "HTTP_INVALID" });
        }
        assert.equal(server?.asked.length, 0);
        await get(url, { "x-token": "caf\u00e9 \t~", range: "bytes=0-4" });
        assert.match(server.asked[0] ?? "", /\r\nx-token: caf\u00e9 \t~\r\nrange: bytes=0-4$/);
    });

    it("name the server as the address does", async () => {
        const url = await serve(({ socket }) => socket.write(answerWith("hello")));
        await get(new URL("/a%20b?c=d%0d%0ae", url), { host: "other.example" });
        await get(url);
        assert.match(server?.asked[0] ?? "", /^GET \/a%20b\?c=d%0d%0ae HTTP\/1\.1\r\nhost: other\.example\r\n/);
        assert.match(server?.asked[1] ?? "", new RegExp(`\r\nhost: ${url.host}`));
    });
});
