// What a poll of a web server finds: one name for one image, another one for another, for one or two questions, and no bytes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { DataVolumeSource } from "../../provider/model/objects.js";
import { makeDisk } from "../images/disk.js";
import { startImageServer, type Behaviour, type ImageServer } from "../servers/image-server.js";
import { ask, digest } from "./ask-version.js";
import { sha256 } from "./workspace.js";

const image = makeDisk(50_000, { seed: 1 });
const other = makeDisk(50_000, { seed: 2 });
const monday = "Mon, 02 Nov 2026 10:00:00 GMT";
const tuesday = "Tue, 03 Nov 2026 10:00:00 GMT";

describe("the version of an image on a web server", () => {
    let server: ImageServer;
    let mirror: ImageServer;
    beforeEach(async () => {
        server = await startImageServer();
        mirror = await startImageServer();
    });
    afterEach(async () => {
        await server.close();
        await mirror.close();
    });
    const at = (behaviour: Partial<Behaviour>, path = "/image.img"): DataVolumeSource => ({
        http: { url: server.serve(path, { bytes: image, ...behaviour }) },
    });

    const tells: [string, Partial<Behaviour>, Partial<Behaviour>][] = [
        ["a strong ETag, whatever the time says", { etag: '"one"' }, { etag: '"two"' }],
        ["the time of change", { lastModified: monday }, { lastModified: tuesday }],
        [
            "the length, beside the time of change",
            { lastModified: monday },
            { lastModified: monday, bytes: image.subarray(1) },
        ],
        ["a weak ETag where there is no time", { etag: 'W/"one"' }, { etag: 'W/"two"' }],
        [
            "the ETag of an image that is coded on the way",
            { etag: '"one"', headers: { "content-encoding": "gzip" } },
            { etag: '"two"', headers: { "content-encoding": "gzip" } },
        ],
        [
            "the time of change where no length is told",
            { lastModified: monday, chunked: true },
            { lastModified: tuesday, chunked: true },
        ],
    ];
    for (const [what, first, second] of tells) {
        it(`is told by ${what}`, async () => {
            const before = await digest(at(first));
            assert.equal(await digest(at(first)), before);
            assert.notEqual(await digest(at(second)), before);
        });
    }

    it("is not another one because a strong ETag stayed and the file was only touched", async () => {
        const before = await digest(at({ etag: '"one"', lastModified: monday }));
        assert.equal(await digest(at({ etag: '"one"', lastModified: tuesday })), before);
    });

    it("is none where a length is all that is told: two images may share it", async () => {
        assert.deepEqual(await ask(at({})), { digest: undefined, digests: [], bytes: image.length });
    });

    it("costs one HEAD, and one byte where HEAD is refused", async () => {
        const good = await ask(at({ etag: '"one"' }));
        assert.equal(good.bytes, image.length);
        assert.deepEqual(
            server.asked.map(({ method }) => method),
            ["HEAD"],
        );
        assert.deepEqual(await ask(at({ etag: '"one"', head: 405 })), good);
        assert.deepEqual(
            server.asked.map(({ method }) => method),
            ["HEAD", "HEAD", "GET"],
        );
        assert.equal(server.sent.bytes, 1);
    });

    it("is another one at another address: images of one age and length are common", async () => {
        const a = await digest(at({ lastModified: monday }, "/a.raw"));
        assert.notEqual(await digest(at({ lastModified: monday }, "/b.raw")), a);
    });

    it("does not change with what is secret or passing in an address", async () => {
        const url = server.serve("/image.img", { bytes: image, etag: '"one"' });
        const before = await digest({ http: { url } });
        assert.equal(await digest({ http: { url: `${url}?signature=1#part` } }), before);
        assert.equal(await digest({ http: { url: url.replace("//", "//reader:s3cret@") } }), before);
    });

    it("is told by time and length behind a redirect to elsewhere: each mirror has ETags of its own", async () => {
        const redirected = async (etag: string, lastModified: string): Promise<string> => {
            const redirect = mirror.serve("/copy.img", { bytes: image, etag, lastModified });
            return digest(at({ redirect }));
        };
        const before = await redirected('"one"', monday);
        assert.equal(await redirected('"two"', monday), before);
        assert.notEqual(await redirected('"two"', tuesday), before);
    });

    it("is told by the ETag behind a redirect that stays at the server", async () => {
        const redirected = async (etag: string): Promise<string> => {
            const redirect = server.serve("/copy.img", { bytes: image, etag, lastModified: monday });
            return digest(at({ redirect }));
        };
        assert.notEqual(await redirected('"one"'), await redirected('"two"'));
    });

    it("stays through a mirror that passes on what the server says, and differs through one that says something else", async () => {
        const source = at({ etag: '"one"' });
        const mirrors = { [server.url]: mirror.url };
        const direct = await digest(source);
        mirror.serve("/image.img", { bytes: image, etag: '"one"' });
        assert.equal(await digest(source, {}, { mirrors }), direct);
        mirror.serve("/image.img", { bytes: image, etag: '"of the mirror"' });
        assert.notEqual(await digest(source, {}, { mirrors }), direct);
        assert.equal(server.count("HEAD", "/image.img"), 1);
    });

    it("is the published checksum, at every mirror and whatever an ETag says", async () => {
        const list = (bytes: Uint8Array): Buffer => Buffer.from(`${sha256(bytes)}  image.img\n`);
        const source = (etag: string, bytes: Uint8Array): DataVolumeSource => ({
            http: {
                url: server.serve("/image.img", { bytes, etag }),
                checksumUrl: server.serve("/SHA256SUMS", { bytes: list(bytes) }),
            },
        });
        const found = await ask(source('"one"', image));
        assert.deepEqual(found, {
            digest: `sha256:${sha256(image)}`,
            digests: [`sha256:${sha256(image)}`],
            bytes: image.length,
        });
        assert.deepEqual(server.asked.map(({ method, path }) => `${method} ${path}`).sort(), [
            "GET /SHA256SUMS",
            "HEAD /image.img",
        ]);
        assert.deepEqual(await ask(source('"two"', image)), found);
        mirror.serve("/image.img", { bytes: image, etag: '"three"' });
        mirror.serve("/SHA256SUMS", { bytes: list(image) });
        assert.deepEqual(await ask(source('"two"', image), {}, { mirrors: { [server.url]: mirror.url } }), found);
        assert.equal((await ask(source('"two"', other))).digest, `sha256:${sha256(other)}`);
    });

    it("is a name of its own for a published checksum of another kind than sha256", async () => {
        const sum = createHash("sha512").update(image).digest("hex");
        const checksumUrl = server.serve("/SHA512SUMS", { bytes: Buffer.from(`${sum}  image.img\n`) });
        const { http } = at({});
        assert.ok(http !== undefined);
        const expected = createHash("sha256").update(`sha512:${sum}`).digest("hex");
        assert.equal(await digest({ http: { ...http, checksumUrl } }), `version:${expected}`);
    });

    it("is the checksum that is given: no other image is wanted, whatever the server has", async () => {
        const { http } = at({ etag: '"one"', bytes: other });
        assert.ok(http !== undefined);
        const checksum = `sha256:${sha256(image)}`;
        assert.equal(await digest({ http: { ...http, checksum } }), checksum);
    });

    it("is not told where the server fails, where the image or its checksum is missing, or where one may not ask", async () => {
        const fails = (source: DataVolumeSource, code: string): Promise<void> => assert.rejects(ask(source), { code });
        await fails({ http: { url: `${server.url}/missing` } }, "not-found");
        await fails(at({ login: "reader:s3cret" }), "access-denied");
        const failures = [{ status: 503 }, { status: 503 }];
        await fails(at({ head: 503, failures }), "unreachable");
        assert.equal(failures.length, 1, "asked once: who polls comes again");
        const { http } = at({ etag: '"one"' });
        assert.ok(http !== undefined);
        await fails({ http: { ...http, checksumUrl: `${server.url}/missing` } }, "not-found");
        const web = server.serve("/page", { bytes: Buffer.from("<html>") });
        await fails({ http: { ...http, checksumUrl: web } }, "unexpected-response");
    });

    it("is asked for with the source's own login", async () => {
        const source = at({ etag: '"one"', login: "reader:s3cret" });
        await digest(source, { username: "reader", password: "s3cret" });
    });
});
