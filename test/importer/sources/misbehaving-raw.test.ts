// Servers that do not even speak HTTP properly: each import ends with the right bytes or with an error that says why, and soon.
import assert from "node:assert/strict";
import { makeDisk } from "../../images/disk.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { startRawServer, type RawRequest, type RawServer } from "../../servers/raw-server.js";
import { sha256, Workspace, type Wanted } from "../workspace.js";

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

describe("source http, against servers that do not speak it", () => {
    const disk = makeDisk(300_000, { seed: 31 });
    let server: RawServer | undefined;
    let space: Workspace;
    let clock: HurryClock;
    beforeEach(() => {
        space = new Workspace();
        clock = new HurryClock();
    });
    afterEach(async () => {
        await server?.close();
        space.remove();
    });

    const serve = async (answer: (request: RawRequest) => void): Promise<Wanted> => {
        server = await startRawServer(answer);
        return { source: { kind: "http", url: server.url }, clock };
    };
    const head = (...lines: string[]): string => ["HTTP/1.1 200 OK", ...lines, "", ""].join("\r\n");
    const refuses = async (
        answer: (request: RawRequest) => void,
        code: string,
        more: Partial<Wanted> = {},
    ): Promise<string> => {
        const error = await space.refused({ ...(await serve(answer)), ...more });
        assert.equal(error.code, code, error.message);
        assert.deepEqual(space.left(), []);
        return error.message;
    };
    const imports = async (answer: (request: RawRequest) => void): Promise<void> => {
        await space.import(await serve(answer));
        assert.equal(sha256(space.target), sha256(disk));
        assert.deepEqual(space.left(), ["disk.img"]);
    };
    const asked = (): number => server?.asked.length ?? 0;

    for (const [reason, garbage] of [
        ["another protocol", "220 ftp.example.com ready\r\n\r\n"],
        ["a status line that is none", "HTTP/1.1 yes OK\r\n\r\n"],
        ["a header line that is none", "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"],
        ["a length that is no number", "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n"],
    ] as const) {
        it(`refuses ${reason} at once, because trying again will not mend it`, async () => {
            await refuses(({ socket }) => socket.write(garbage), "unexpected-response");
            assert.ok(asked() <= 2, `asked ${asked()} times`);
        });
    }

    it("refuses chunks that are none", async () => {
        const answer = ({ method, socket }: RawRequest): void => {
            socket.write(head("transfer-encoding: chunked"));
            if (method === "GET") socket.write("no hex\r\n");
        };
        await refuses(answer, "unexpected-response");
    });

    it("ends headers that never end", async () => {
        const answer = ({ socket }: RawRequest): void => {
            socket.write("HTTP/1.1 200 OK\r\n");
            const more = (): void => {
                if (!socket.destroyed) socket.write(`x-more: ${"a".repeat(4000)}\r\n`, () => setImmediate(more));
            };
            more();
        };
        await refuses(answer, "unexpected-response");
        assert.ok(asked() <= 2, `asked ${asked()} times`);
    });

    it("ends a body that never ends, at the limit for what does not say how long it is", async () => {
        const answer = ({ method, socket }: RawRequest): void => {
            socket.write(head("connection: close"));
            const more = (): void => {
                if (!socket.destroyed) socket.write(disk, () => setImmediate(more));
            };
            if (method === "GET") more();
            else socket.end();
        };
        await refuses(answer, "limit-exceeded", { limits: { streamBytes: 5_000_000 } });
    });

    it("tries a few times, and gives up, where connections are closed without an answer", async () => {
        await refuses(({ socket }) => socket.end(), "unreachable");
        assert.ok(asked() <= 12, `asked ${asked()} times`);
        await server?.close();
        await refuses(({ socket }) => socket.resetAndDestroy(), "unreachable");
    });

    it("asks by GET where HEAD is answered by hanging up", async () => {
        for (const hangUp of ["end", "resetAndDestroy"] as const) {
            await imports(({ method, socket }) => {
                if (method === "HEAD") socket[hangUp]();
                else socket.write(Buffer.concat([Buffer.from(head(`content-length: ${disk.length}`)), disk]));
            });
            await server?.close();
        }
    });

    it("takes what it was promised and no more, where bytes follow the body", async () => {
        await imports(({ method, socket }) => {
            socket.write(head(`content-length: ${disk.length}`));
            if (method === "GET") socket.write(Buffer.concat([disk, Buffer.from("and then some")]));
        });
    });

    it("does not take a body without length for whole where its chunks were not ended", async () => {
        const answer = ({ method, socket }: RawRequest): void => {
            socket.write(head("transfer-encoding: chunked"));
            if (method === "GET") socket.write(`${disk.length.toString(16)}\r\n`);
            if (method === "GET") socket.write(disk, () => socket.end());
            else socket.end();
        };
        await refuses(answer, "unreachable");
    });

    it("says that there is nothing where the answer is empty", async () => {
        await refuses(({ socket }) => socket.write("HTTP/1.1 204 No Content\r\n\r\n"), "unexpected-response");
        await server?.close();
        await refuses(({ socket }) => socket.write(head("content-length: 0")), "empty-source");
    });

    it("gives up a server that takes connections and says nothing, after as many attempts as for any failure", async () => {
        const state = { over: false };
        const refusing = refuses(() => undefined, "stalled").finally(() => (state.over = true));
        while (!state.over) {
            if (asked() > 0) clock.pass(60_000);
            await soon();
        }
        assert.match(await refusing, /gave up after 6 attempts/);
        assert.ok(asked() <= 6, `asked ${asked()} times`);
    });

    it("is patient with a server that is slow and not silent: a byte within the time allowed is progress", async () => {
        const small = disk.subarray(0, 512);
        const sockets: RawRequest[] = [];
        const wanted = await serve((request) => {
            request.socket.write(head(`content-length: ${small.length}`));
            if (request.method === "GET") sockets.push(request);
        });
        const importing = space.import(wanted);
        while (sockets.length === 0) await soon();
        for (let at = 0; at < small.length; at += 32) {
            clock.pass(10_000);
            await soon();
            sockets[0]?.socket.write(small.subarray(at, at + 32));
            // The byte must have arrived before the time goes on.
            for (let turn = 0; turn < 5; turn += 1) await soon();
        }
        await importing;
        assert.equal(sha256(space.target), sha256(small));
        assert.equal(sockets.length, 1);
    });
});
