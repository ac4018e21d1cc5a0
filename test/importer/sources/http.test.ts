// Web servers as sources: the suite over http and https, and every way in which a server or a network can misbehave.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { openSource } from "../../../provider/importer/sources/index.js";
import type { HttpSpec, SourceSpec } from "../../../provider/importer/contract.js";
import { systemClock } from "../../../provider/model/clock.js";
import { makeDisk } from "../../images/disk.js";
import { makeCertificates } from "../../servers/certificates.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { startImageServer, type Behaviour, type ImageServer } from "../../servers/image-server.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace, type Wanted } from "../workspace.js";
import { describeSource, type Hindrance, type SourceStage } from "./describe-source.js";

async function httpStage(server: ImageServer, caCertificates?: string): Promise<SourceStage> {
    const options = { clock: new HurryClock(), attempts: 3 };
    const open = (spec: Partial<HttpSpec> & { url: string }) =>
        openSource({ kind: "http", caCertificates, ...spec }, options);
    let served = 0;
    const serve = (bytes: Uint8Array, behaviour: Partial<Behaviour> = {}, path = `/image-${(served += 1)}`) =>
        server.serve(path, { bytes, etag: `"${sha256(bytes)}"`, ...behaviour });
    const login = { username: "reader", password: "s3cret" };
    const half = 500_000;
    const hinder = (how: Hindrance, bytes: Uint8Array): Partial<HttpSpec> & { url: string } => {
        switch (how) {
            case "cut":
                return { url: serve(bytes, { cuts: [half] }) };
            case "truncated":
                return { url: serve(bytes, { ranges: false, cuts: Array.from({ length: 99 }, () => half) }) };
            case "replaced": {
                const other = makeDisk(bytes.length, { seed: 12 });
                return { url: serve(bytes, { cuts: [half], later: { after: 1, bytes: other, etag: '"other"' } }) };
            }
            case "login":
                return { url: serve(bytes, { login: "reader:s3cret" }), ...login };
            case "denied":
                return { url: serve(bytes, { login: "reader:another" }), ...login };
            case "own-ca":
                return { url: serve(bytes) };
            case "untrusted":
                return { url: serve(bytes), caCertificates: undefined };
            case "redirected":
                return { url: serve(bytes, { redirect: serve(bytes) }) };
        }
    };
    return Promise.resolve({
        publish: (bytes) => Promise.resolve(open({ url: serve(bytes, {}, "/image") })),
        missing: () => Promise.resolve(open({ url: `${server.url}/missing` })),
        spec: (bytes) => Promise.resolve({ kind: "http", url: serve(bytes), caCertificates }),
        hinder: (how, bytes) => Promise.resolve(open(hinder(how, bytes))),
        close: () => server.close(),
    });
}

const common = ["cut", "truncated", "replaced", "login", "denied", "redirected"] as const;
describeSource("http", async () => httpStage(await startImageServer()), { imports: true, hindrances: common });
describeSource(
    "https with a certificate authority of its own",
    async (context) => {
        const { ca, key, cert } = makeCertificates(requireTool(context, "openssl"));
        return httpStage(await startImageServer({ key, cert }), ca);
    },
    { imports: true, hindrances: [...common, "own-ca", "untrusted"] },
);

describe("source http, against servers that misbehave", () => {
    const disk = makeDisk(3_000_000, { seed: 21 });
    let server: ImageServer;
    let space: Workspace;
    let clock: HurryClock;
    before(async () => {
        server = await startImageServer();
    });
    after(() => server.close());
    beforeEach(() => {
        space = new Workspace();
        clock = new HurryClock();
        server.asked.length = 0;
    });
    afterEach(() => {
        space.remove();
    });

    let image = 0;
    const serve = (
        behaviour: Omit<Behaviour, "bytes"> & { bytes?: Uint8Array },
    ): { path: string; source: SourceSpec } => {
        image += 1;
        const path = `/image-${image}`;
        return {
            path,
            source: { kind: "http", url: server.serve(path, { bytes: disk, etag: '"one"', ...behaviour }) },
        };
    };
    const imports = async (wanted: Wanted): Promise<void> => {
        const imported = await space.import({ clock, ...wanted });
        assert.equal(imported.digest, `sha256:${sha256(disk)}`);
        assert.equal(sha256(space.target), sha256(disk));
    };
    const refuses = async (wanted: Wanted, code: string): Promise<string> => {
        const error = await space.refused({ clock, ...wanted });
        assert.equal(error.code, code, error.message);
        return error.message;
    };

    it("goes on where a connection was reset, with If-Range, because the ETag is strong", async () => {
        const { path, source } = serve({ cuts: [1_000_000, 500_000] });
        await imports({ source });
        const resumed = server.asked.filter((one) => one.path === path && one.headers["if-range"] === '"one"');
        assert.equal(resumed.length, 2);
        assert.match(resumed[0]?.headers.range ?? "", /^bytes=[1-9]\d*-$/);
    });

    it("begins again and compares where there is no strong ETag to prove that the rest belongs to the start", async () => {
        for (const etag of [undefined, 'W/"weak"']) {
            const { source } = serve({ etag, cuts: [1_000_000, 1_500_000] });
            await imports({ source });
        }
    });

    it("begins again at a server that has an ETag but no ranges", async () => {
        await imports({ source: serve({ ranges: false, cuts: [1_000_000] }).source });
        await imports({ source: serve({ ranges: "claimed", cuts: [1_000_000] }).source });
    });

    it("finds out that the image was replaced between two connections", async () => {
        const other = makeDisk(3_000_000, { seed: 22 });
        const tagged = serve({ cuts: [1_000_000], later: { after: 2, bytes: other, etag: '"two"' } });
        await refuses({ source: tagged.source }, "source-changed");
        const untagged = serve({ etag: undefined, cuts: [1_000_000], later: { after: 2, bytes: other } });
        await refuses({ source: untagged.source }, "source-changed");
    });

    it("tries again after a passing failure, more slowly each time, and as long as the server asks for", async () => {
        const { source } = serve({
            failures: [
                { status: 503 },
                { status: 500 },
                { status: 408 },
                { status: 429, headers: { "retry-after": "7" } },
            ],
        });
        await imports({ source });
        const waits = clock.waits.filter((wait) => wait >= 250);
        assert.equal(waits.length, 4);
        assert.equal(waits[3], 7000);
        assert.ok((waits[2] ?? 0) > (waits[0] ?? 0));
    });

    it("gives up after six attempts without a byte, and says how often it tried", async () => {
        const { path, source } = serve({ failures: Array.from({ length: 50 }, () => ({ status: 502 })) });
        assert.match(await refuses({ source }, "unreachable"), /502.*gave up after 6 attempts/s);
        assert.equal(server.count("GET", path), 6);
    });

    it("gives up on a server that cannot be reached", async () => {
        const gone = await startImageServer();
        await gone.close();
        assert.match(
            await refuses({ source: { kind: "http", url: `${gone.url}/image` } }, "unreachable"),
            /ECONNREFUSED/,
        );
    });

    it("does not try again what will never work [B23] [B24]", async () => {
        for (const [status, code] of [
            [404, "not-found"],
            [410, "not-found"],
            [401, "access-denied"],
            [403, "access-denied"],
            [418, "unexpected-response"],
        ] as const) {
            const { path, source } = serve({ head: status, failures: Array.from({ length: 9 }, () => ({ status })) });
            await refuses({ source }, code);
            assert.equal(server.count("GET", path), 1, `status ${status}`);
        }
        assert.deepEqual(clock.waits, []);
    });

    it("gives up a connection that has fallen silent, and goes on with another", async () => {
        const { path, source } = serve({ stalls: [1_000_000] });
        const importing = imports({ source });
        const silentBefore = server.silent.times;
        while (server.silent.times === silentBefore) await new Promise((resolve) => setImmediate(resolve));
        const resumed = (): boolean =>
            server.asked.some(
                (one) =>
                    one.path === path &&
                    one.headers["if-range"] !== undefined &&
                    one.headers.range?.endsWith("-") === true,
            );
        while (!resumed()) {
            clock.pass(60_000);
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await importing;
    });

    it("trusts a strong ETag more than a time: mirrors get one image at different times", async () => {
        const times = ["Mon, 01 Jan 2024 00:00:00 GMT", "Tue, 02 Jan 2024 00:00:00 GMT"] as const;
        const later = { after: 1, bytes: disk, lastModified: times[1] };
        const untagged = serve({ etag: undefined, lastModified: times[0], later });
        await refuses({ source: untagged.source }, "source-changed");
        await imports({ source: serve({ lastModified: times[0], later: { ...later, etag: '"one"' } }).source });
    });

    it("falls back on GET where HEAD is refused", async () => {
        for (const head of [405, 403, 500]) await imports({ source: serve({ head }).source });
    });

    it("works without a length and without ranges [C39]", async () => {
        await imports({ source: serve({ chunked: true, ranges: false, etag: undefined }).source });
    });

    it("refuses parts that are not the ones asked for", async () => {
        for (const quirk of [{}, { chunked: true, head: 405 }]) {
            const message = await refuses({ source: serve({ rangeShift: 5, ...quirk }).source }, "unexpected-response");
            assert.match(message, /asked for bytes from 0/);
        }
    });

    it("refuses a server that shows one image by ranges and streams another", async () => {
        const rangeBytes = Buffer.from(disk);
        rangeBytes[40] = (rangeBytes[40] ?? 0) ^ 1;
        assert.match(await refuses({ source: serve({ rangeBytes }).source }, "inconsistent-source"), /other bytes/);
    });

    it("refuses a document that was served with status 200", async () => {
        const bytes = Buffer.from("no such image here, sorry\n");
        await refuses({ source: serve({ bytes, mediaType: "text/plain; charset=utf-8" }).source }, "not-an-image");
        await refuses({ source: serve({ bytes: Buffer.alloc(0) }).source }, "empty-source");
    });

    it("takes a binary disk although its server calls it text [C39]", async () => {
        await imports({ source: serve({ mediaType: "text/html" }).source });
    });

    it("takes what is compressed for a disk although it begins with text: a server that says text speaks of what it serves", async () => {
        const text = Buffer.from("all of this disk is text\n".repeat(4000));
        const { source } = serve({ bytes: gzipSync(text), mediaType: "text/plain" });
        await space.import({ clock, source });
        assert.equal(sha256(space.target), sha256(text));
    });

    it("stops at once when it is cancelled, also while it waits for another attempt", async () => {
        const controller = new AbortController();
        const { source } = serve({ stalls: [1_000_000] });
        const importing = space.refused({ source, signal: controller.signal, clock });
        while (server.asked.length < 3) await new Promise((resolve) => setImmediate(resolve));
        controller.abort();
        assert.equal((await importing).code, "cancelled");
        const waiting = new AbortController();
        const slow = {
            ...systemClock,
            sleep: (_: number, signal?: AbortSignal) =>
                new Promise<void>((resolve) => {
                    signal?.addEventListener("abort", () => {
                        resolve();
                    });
                    waiting.abort();
                }),
        };
        const failing = serve({ failures: [{ status: 503 }] });
        const error = await space.refused({ source: failing.source, signal: waiting.signal, clock: slow });
        assert.equal(error.code, "cancelled");
    });

    it("imports no byte where the checksum is another, and says both [C15]", async () => {
        const checksum = { algorithm: "sha256", hex: "0".repeat(64) } as const;
        const message = await refuses({ source: serve({}).source, checksum }, "checksum-mismatch");
        assert.ok(message.includes(sha256(disk)) && message.includes(checksum.hex), message);
    });
});
