// Checksums as publishers write them down: every form of list, and every list that must not be believed.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { HttpSpec } from "../../provider/importer/contract.js";
import { publishedName } from "../../provider/importer/published-checksum.js";
import { makeDisk } from "../images/disk.js";
import { makeCertificates } from "../servers/certificates.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { startImageServer, type Behaviour, type ImageServer } from "../servers/image-server.js";
import { requireTool } from "../tools.js";
import { sha256, Workspace } from "./workspace.js";

describe("a published checksum", () => {
    const disk = makeDisk(200_000, { seed: 51 });
    const hex = (algorithm: string): string => createHash(algorithm).update(disk).digest("hex");
    const right = hex("sha256");
    const wrong = "0".repeat(64);
    let server: ImageServer;
    let space: Workspace;
    beforeEach(async () => {
        server = await startImageServer();
        space = new Workspace();
    });
    afterEach(async () => {
        await server.close();
        space.remove();
    });

    const serve = (list: string | Buffer, behaviour: Partial<Behaviour> = {}) => ({
        source: { kind: "http", url: server.serve("/pub/my%20disk.img", { bytes: disk, etag: '"one"' }) } as HttpSpec,
        checksumUrl: server.serve("/pub/list", { bytes: Buffer.from(list), mediaType: "text/plain", ...behaviour }),
    });
    const verified = async (list: string | Buffer): Promise<string | undefined> => {
        const { checksum } = await space.import({ ...serve(list), clock: new HurryClock() });
        assert.equal(sha256(space.target), sha256(disk));
        return checksum;
    };
    const refuses = async (list: string | Buffer, code: string, message: RegExp): Promise<void> => {
        const error = await space.refused({ ...serve(list), clock: new HurryClock() });
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.equal(error.terminal, true);
        assert.equal(server.count("GET", "/pub/my%20disk.img"), code === "checksum-mismatch" ? 2 : 0);
    };

    for (const [form, list] of [
        ["as sha256sum writes it", `${wrong}  other.img\n${right}  my disk.img\n`],
        ["in binary mode, with line ends of Windows", `${wrong} *other.img\r\n${right.toUpperCase()} *my disk.img\r\n`],
        ["with a directory before the name", `# made today\n\n${right}  ./my disk.img\n`],
        ["as BSD writes it", `SHA256 (other.img) = ${wrong}\nSHA256 (my disk.img) = ${right}\n`],
        [
            "in a signed list, as Fedora publishes it",
            `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# my disk.img: 200000 bytes\nSHA256 (my disk.img) = ${right}\n` +
                `-----BEGIN PGP SIGNATURE-----\n\n${"QUJD".repeat(16)}\n=abcd\n-----END PGP SIGNATURE-----\n`,
        ],
        ["alone in a file of its own", ` ${right}\n`],
        ["twice, both times the same", `${right}  my disk.img\n${right}  a/my disk.img\n`],
    ] as const) {
        it(`is found ${form}`, async () => {
            assert.equal(await verified(list), `sha256:${right}`);
        });
    }

    it("is of the algorithm that its length tells, and the strongest where there are several", async () => {
        for (const algorithm of ["md5", "sha1", "sha512"]) {
            assert.equal(await verified(`${hex(algorithm)}  my disk.img\n`), `${algorithm}:${hex(algorithm)}`);
        }
        const several = `MD5 (my disk.img) = ${hex("md5")}\nSHA512 (my disk.img) = ${hex("sha512")}\n`;
        assert.equal(await verified(several), `sha512:${hex("sha512")}`);
    });

    it("that is wrong refuses the image", async () => {
        await refuses(`${wrong}  my disk.img\n`, "checksum-mismatch", /expected sha256:0000/);
    });

    it("is not taken from a line of another file, whose names the error lists", async () => {
        const others = ["a.img", "b.img", "my disk.img.xz", "xmy disk.img"];
        const list = others.map((name) => `${right}  ${name}\n`).join("");
        await refuses(
            list,
            "not-found",
            /no checksum of it \(it has those of a.img, b.img, my disk.img.xz and 1 more\)/,
        );
    });

    it("is not guessed where two lines differ, or where the file is no list", async () => {
        await refuses(`${right}  a/my disk.img\n${wrong}  b/my disk.img\n`, "unexpected-response", /2 different/);
        await refuses("<!DOCTYPE html><p>please log in</p>", "unexpected-response", /is a web page/);
        await refuses(`${right}\n${right}\n`, "not-found", /nor of anything else/);
        await refuses(disk, "not-found", /nor of anything else/);
        await refuses(Buffer.alloc(1_100_000, "a"), "limit-exceeded", /longer than 1 MiB/);
    });

    it("that is not there refuses the image, because it was asked for", async () => {
        const { source } = serve("");
        const missing = await space.refused({ source, checksumUrl: `${server.url}/missing?key=s3cret` });
        assert.equal(missing.code, "not-found");
        assert.match(missing.message, /\/missing\?\.\.\./);
        assert.doesNotMatch(missing.message, /s3cret/);
    });

    it("is asked for with the image's credentials at its own origin, and without them anywhere else", async () => {
        const login = { username: "reader", password: "s3cret", headers: ["X-Token: t0ken"] };
        const { source, checksumUrl } = serve(`${right}  my disk.img\n`, { login: "reader:s3cret" });
        await space.import({ source: { ...source, ...login }, checksumUrl });
        const inUrl = { kind: "http", url: source.url.replace("//", "//reader:s3cret@") } as const;
        await space.import({ source: inUrl, checksumUrl });
        const other = await startImageServer();
        try {
            const elsewhere = other.serve("/list", { bytes: Buffer.from(`${right}  my disk.img\n`) });
            await space.import({ source: { ...source, ...login }, checksumUrl: elsewhere });
            assert.ok(other.asked.length > 0);
            for (const { headers } of other.asked) {
                assert.deepEqual([headers.authorization, headers["x-token"]], [undefined, undefined]);
            }
        } finally {
            await other.close();
        }
    });

    it("is asked for with the trust that the image has", async function () {
        const certificates = makeCertificates(requireTool(this, "openssl"));
        const secure = await startImageServer(certificates);
        try {
            const checksumUrl = secure.serve("/list", { bytes: Buffer.from(`${right}  my disk.img\n`) });
            const { source } = serve("");
            assert.equal((await space.refused({ source, checksumUrl })).code, "untrusted");
            await space.import({ source: { ...source, caCertificates: certificates.ca }, checksumUrl });
            await space.import({ source: { ...source, insecureSkipVerify: true }, checksumUrl });
        } finally {
            await secure.close();
        }
    });

    it("cannot be asked for beside a checksum, or for an image that comes from no web server", async () => {
        const checksum = { algorithm: "sha256", hex: right } as const;
        const both = await space.refused({ ...serve(""), checksum });
        assert.equal(both.code, "invalid-argument");
        const path = space.write("image", disk);
        const file = await space.refused({ source: { kind: "file", path }, checksumUrl: `${server.url}/pub/list` });
        assert.equal(file.code, "invalid-argument");
    });

    it("is looked for under the last part of the address", () => {
        for (const [url, name] of [
            ["http://host/a/disk%2B1.img?key=1#part", "disk+1.img"],
            ["http://host/a/100%.img", "100%.img"],
            ["http://host/", ""],
        ] as const) {
            assert.equal(publishedName({ kind: "http", url }), name);
        }
    });
});
