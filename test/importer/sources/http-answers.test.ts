// What a server answers, and what an address looks like: the letter of HTTP, where servers and addresses are unusual.
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import type { SourceSpec } from "../../../provider/importer/contract.js";
import { makeDisk } from "../../images/disk.js";
import { makeCertificates } from "../../servers/certificates.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { startImageServer, type Behaviour, type ImageServer } from "../../servers/image-server.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace } from "../workspace.js";

describe("source http, by the letter", () => {
    const disk = makeDisk(3_000_000, { seed: 23 });
    const other = makeDisk(3_000_000, { seed: 24 });
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
    const serve = (behaviour: Partial<Behaviour>, path = "/image"): SourceSpec => ({
        kind: "http",
        url: server.serve(path, { bytes: disk, etag: '"one"', ...behaviour }),
    });
    const imports = async (source: SourceSpec): Promise<void> => {
        await space.import({ source, clock: new HurryClock() });
        assert.equal(sha256(space.target), sha256(disk));
    };
    const refuses = async (source: SourceSpec, code: string, message: RegExp): Promise<void> => {
        const error = await space.refused({ source, clock: new HurryClock() });
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
    };

    it("asks for the bytes as they are, and no extra header changes what is asked for", async () => {
        const headers = ["Accept-Encoding: gzip", "Range: bytes=5-6", "If-Range: x", "User-Agent: mine"];
        await imports({ ...serve({}), headers } as SourceSpec);
        assert.ok(server.asked.every((one) => one.headers["accept-encoding"] === "identity"));
        assert.ok(server.asked.every((one) => one.headers["user-agent"] === "mine"));
    });

    it("does not go on with a part of which nobody says that it belongs to the same image", async () => {
        const part = serve({ cuts: [1_000_000], ignoresIfRange: true, later: { after: 2, bytes: other } });
        await refuses(part, "unexpected-response", /without saying of which version it is/);
        const whole = serve({ cuts: [1_000_000], ranges: false, later: { after: 1, bytes: other } }, "/2");
        await refuses(whole, "unexpected-response", /without saying of which version it is/);
    });

    it("refuses an image whose length is another by HEAD than by GET, and one that is never sent whole", async () => {
        for (const headLength of [disk.length - 1, disk.length + 1, 1]) {
            await refuses(serve({ headLength }), "source-changed", /was replaced while/);
        }
        const cuts = Array.from({ length: 40 }, () => disk.length);
        const headers = { "content-length": disk.length + 100 };
        const source = serve({ headers, headLength: disk.length + 100, cuts, ranges: false, etag: undefined });
        await refuses(source, "unreachable", /gave up after 6 attempts/);
    });

    it("follows redirects by relative and by complete addresses, and believes no user named in one", async () => {
        serve({}, "/there/image");
        for (const location of [
            "there/image",
            "/there/image",
            `//reader:s3cret@127.0.0.1:${server.port}/there/image`,
        ]) {
            await imports(serve({ redirect: location }, "/from"));
        }
        assert.ok(server.asked.every((one) => one.headers.authorization === undefined));
    });

    it("treats another port of one host as another origin", async () => {
        const second = await startImageServer();
        try {
            const moved = second.serve("/image", { bytes: disk, etag: '"one"' });
            await imports({ ...serve({ redirect: moved }), username: "reader", password: "s3cret" } as SourceSpec);
            assert.ok(second.asked.length > 0);
            assert.ok(second.asked.every((one) => one.headers.authorization === undefined));
        } finally {
            await second.close();
        }
    });

    it("takes addresses with spaces, percent signs and letters of any language", async () => {
        serve({}, "/my%20images/d%C3%AFsk%2B1.img");
        await imports({ kind: "http", url: `${server.url}/my images/dïsk%2B1.img#part` });
        assert.match(server.asked[0]?.path ?? "", /^\/my%20images\/d%C3%AFsk%2B1\.img$/);
    });

    // A kernel without IPv6 is no missing tool: there is nothing to install, and nothing to prove.
    const loopbacks = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
    if (loopbacks.some(({ address }) => address === "::1")) {
        it("takes an IPv6 address", async () => {
            const sixth = await startImageServer(undefined, "[::1]");
            try {
                await imports({ kind: "http", url: sixth.serve("/image", { bytes: disk, etag: '"one"' }) });
                assert.equal(sixth.asked[0]?.headers.host, `[::1]:${sixth.port}`);
            } finally {
                await sixth.close();
            }
        });
    }

    it("reads another image whole after a transfer was given up in the middle", async () => {
        const controller = new AbortController();
        const progress = (): void => {
            controller.abort();
        };
        const half = await space.refused({ source: serve({ bytes: other }), signal: controller.signal, progress });
        assert.equal(half.code, "cancelled");
        await imports(serve({}));
    });

    it("asks TLS for the name in the address, and none for an address in numbers", async function () {
        const openssl = requireTool(this, "openssl");
        for (const [subject, host, name] of [
            ["DNS:localhost", "localhost", "localhost"],
            ["IP:127.0.0.1", "127.0.0.1", undefined],
        ] as const) {
            const { ca, key, cert } = makeCertificates(openssl, subject);
            const secure = await startImageServer({ key, cert });
            try {
                const url = secure.serve("/image", { bytes: disk, etag: '"one"' }).replace("127.0.0.1", host);
                await imports({ kind: "http", url, caCertificates: ca });
                assert.ok(secure.asked.every((one) => one.serverName === name));
            } finally {
                await secure.close();
            }
        }
    });
});
