// Servers that break off, lie, and change their mind: each import ends with the right bytes or with an error, and leaves nothing.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { ImportRequest, SourceSpec } from "../../../provider/importer/contract.js";
import { makeDisk } from "../../images/disk.js";
import { makeQcow2 } from "../../images/qcow2.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { startImageServer, type Behaviour, type ImageServer } from "../../servers/image-server.js";
import { sha256, Workspace } from "../workspace.js";

describe("source http, whatever a server does", () => {
    const disk = makeDisk(700_001, { seed: 33 });
    const image = makeQcow2(disk);
    const other = makeQcow2(makeDisk(700_001, { seed: 34 }));
    /** The GETs until the image itself is being read: its header and its tables are read before. */
    const begun = 3;
    let server: ImageServer;
    let space: Workspace;
    let clock: HurryClock;
    beforeEach(async () => {
        server = await startImageServer();
        space = new Workspace();
        clock = new HurryClock();
    });
    afterEach(async () => {
        await server.close();
        space.remove();
    });

    const serve = (behaviour: Partial<Behaviour>): SourceSpec => ({
        kind: "http",
        url: server.serve("/image", { bytes: image, etag: '"one"', ...behaviour }),
    });
    const imports = async (behaviour: Partial<Behaviour>, more: Partial<ImportRequest> = {}): Promise<void> => {
        const { bytes = image } = behaviour;
        const { digest } = await space.import({ source: serve(behaviour), clock, ...more });
        assert.equal(digest, `sha256:${sha256(bytes)}`);
        assert.equal(sha256(space.target), sha256(disk));
        assert.deepEqual(space.left(), ["disk.img"]);
    };
    const refuses = async (
        behaviour: Partial<Behaviour>,
        code: string,
        more: Partial<ImportRequest> = {},
    ): Promise<string> => {
        const error = await space.refused({ source: serve(behaviour), clock, ...more });
        assert.equal(error.code, code, error.message);
        // Refused imports leave a disk as it was, and nothing beside it.
        assert.deepEqual(
            space.left().filter((name) => name !== "disk.img"),
            [],
        );
        return error.message;
    };
    const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
    const checksum = { algorithm: "sha256", hex: sha256(image) } as const;

    for (const [kind, quirk] of [
        ["with a strong ETag", {}],
        ["with a weak ETag", { etag: 'W/"one"' }],
        ["without an ETag", { etag: undefined }],
        ["without parts", { ranges: false }],
        ["without a length", { chunked: true, etag: undefined, ranges: false }],
    ] as const) {
        it(`goes on after a connection was cut at any byte, at a server ${kind}`, async () => {
            const end = image.length;
            for (const cut of [0, 1, 511, 65_535, 65_536, 65_537, end >> 1, end - 65_536, end - 1, end]) {
                await imports({ ...quirk, cuts: [cut] });
                await imports({ ...quirk, cuts: [cut, cut >> 1, 0, cut] });
            }
        });
    }

    it("goes on however often it is cut, as long as each connection brings a byte", async () => {
        await imports({ cuts: times(60, 10_000) });
        const cuts = times(60, 10_000);
        await refuses({ cuts, ranges: false }, "unreachable");
        assert.equal(cuts.length, 60 - 6, "a beginning that comes again and again is no progress");
    });

    it("takes a changed ETag for a changed image, and a changed weak one for nothing", async () => {
        const cuts = [100_000];
        await refuses({ cuts, later: { after: begun, bytes: image, etag: '"two"' } }, "source-changed");
        await refuses({ later: { after: 1, bytes: other, etag: '"two"' } }, "source-changed");
        await imports({ etag: 'W/"one"', cuts: [100_000], later: { after: begun, bytes: image, etag: 'W/"two"' } });
        await refuses({ etag: undefined, cuts: [300_000], later: { after: begun, bytes: other } }, "source-changed");
    });

    it("has only the checksum against a server that says it is the same image and sends another", async () => {
        const forged = Buffer.from(image);
        forged.fill(7, 300_000, 300_100);
        const rest = { cuts: [200_000], later: { after: begun, bytes: forged, etag: '"one"' } };
        await refuses(rest, "checksum-mismatch", { checksum });
    });

    it("refuses parts that are labelled as others, and goes on where they are only shorter", async () => {
        await refuses(
            { cuts: [100_000], later: { after: begun, bytes: image, etag: '"one"', rangeShift: 3 } },
            "source-changed",
        );
        const range = `bytes 3-4/${image.length}`;
        const headers = { "content-range": range };
        const message = await refuses(
            { cuts: [100_000], later: { after: begun, bytes: image, etag: '"one"', headers } },
            "unexpected-response",
        );
        assert.ok(message.includes(range), message);
        await imports({ cuts: [100_000], partLimit: 70_000 });
    });

    it("finds a length that is too short by the image's own tables, or by the checksum", async () => {
        const short = { "content-length": image.length - 70_000 };
        const quirk = { headers: short, headLength: image.length - 70_000, ranges: false };
        await refuses(quirk, "truncated");
        await refuses(
            { ...quirk, bytes: disk, headers: { "content-length": 1000 }, headLength: 1000 },
            "checksum-mismatch",
            {
                checksum: { algorithm: "sha256", hex: sha256(disk) },
            },
        );
    });

    it("waits as long as a busy server asks for: in seconds, until a date, and not for ever", async () => {
        const busy = (after: string): Partial<Behaviour> => ({
            failures: [{ status: 503, headers: { "retry-after": after } }],
        });
        await imports(busy("11"));
        assert.ok(clock.waits.includes(11_000), clock.waits.join());
        await imports(busy(new Date(Date.now() + 20_000).toUTCString()));
        assert.ok(
            clock.waits.some((wait) => wait >= 15_000 && wait <= 20_000),
            clock.waits.join(),
        );
        await imports(busy(new Date(Date.now() - 20_000).toUTCString()));
        await imports(busy("soon"));
        const before = clock.waits.length;
        await refuses(busy("86400"), "unreachable");
        assert.equal(clock.waits.length, before, "nobody waits a day");
    });

    it("asks once for what will not change, and several times for what may pass [C3, C24]", async () => {
        for (const [status, code, asked] of [
            [401, "access-denied", 1],
            [403, "access-denied", 1],
            [404, "not-found", 1],
            [410, "not-found", 1],
            [414, "unexpected-response", 1],
            [408, "unreachable", 6],
            [429, "unreachable", 6],
            [500, "unreachable", 6],
            [502, "unreachable", 6],
            [503, "unreachable", 6],
            [504, "unreachable", 6],
        ] as const) {
            server.asked.length = 0;
            await refuses({ head: status, failures: times(20, { status }) }, code);
            assert.equal(server.count("GET", "/image"), asked, `status ${status}`);
        }
    });

    it("tries a name again that cannot be found, because name servers fail in passing [C2]", async () => {
        const source = { kind: "http", url: "http://no-such-host.invalid/image" } as const;
        const error = await space.refused({ source, clock });
        assert.equal(error.code, "unreachable");
        assert.equal(error.terminal, false);
        assert.match(error.message, /gave up after 6 attempts/);
    });

    it("waits for an image that vanishes while it is read and comes back; one that stays away is not there [C44]", async () => {
        const cuts = (): number[] => [200_000];
        const gone = (count: number, status: number) => times(count, { status });
        for (const status of [404, 410]) {
            const later = { after: begun, bytes: image, etag: '"one"' };
            await imports({ cuts: cuts(), later: { ...later, failures: gone(3, status) } });
            await imports({
                etag: undefined,
                cuts: cuts(),
                later: { after: begun, bytes: image, failures: gone(3, status) },
            });
            await refuses({ cuts: cuts(), later: { ...later, failures: gone(20, status) } }, "not-found");
        }
        const replaced = { after: begun, bytes: other, etag: '"two"', failures: gone(2, 404) };
        await refuses({ cuts: cuts(), later: replaced }, "source-changed");
    });

    it("takes any refusal of HEAD for a refusal of HEAD alone [C39]", async () => {
        for (const head of [400, 401, 403, 404, 405, 500, 501]) await imports({ head });
    });

    it("refuses a page instead of an image, whatever it is called and however it is wrapped", async () => {
        const page = Buffer.from("<!DOCTYPE html>\n<html><body>Please log in</body></html>\n");
        for (const quirk of [
            { bytes: page, mediaType: "text/html; charset=utf-8" },
            { bytes: page },
            { bytes: page, mediaType: "application/x-qemu-disk" },
            { bytes: gzipSync(page) },
            { bytes: gzipSync(page), headers: { "content-encoding": "gzip" }, mediaType: "text/html" },
            { bytes: Buffer.from('{"errors":[{"status":404}]}') },
            { bytes: Buffer.from("<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>") },
        ]) {
            await refuses(quirk, "not-an-image");
            await refuses({ ...quirk, ranges: false, chunked: true }, "not-an-image");
        }
        await imports({ mediaType: "text/html" });
    });

    it("says of a redirect to nowhere what is wrong there, and ends circles", async () => {
        await refuses({ redirect: "/gone" }, "not-found");
        await refuses({ redirect: "http://127.0.0.1:1/image" }, "unreachable");
        const second = server.serve("/second", { bytes: image, redirect: "/image" });
        await refuses({ redirect: second }, "unexpected-response");
    });
});
