// Secrets stay with their origin: redirects, proxies, certificates and what messages say.
import assert from "node:assert/strict";
import { identifySource } from "../../../provider/importer/identify.js";
import type { SourceSpec } from "../../../provider/importer/contract.js";
import { sourceName } from "../../../provider/importer/sources/index.js";
import { makeDisk } from "../../images/disk.js";
import { makeCertificates, type Certificates } from "../../servers/certificates.js";
import { startImageServer, type ImageServer } from "../../servers/image-server.js";
import { startProxy } from "../../servers/proxy.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace } from "../workspace.js";

const disk = makeDisk(400_000, { seed: 31 });

describe("source http, about secrets", () => {
    let server: ImageServer;
    let other: ImageServer;
    let space: Workspace;
    beforeEach(async () => {
        server = await startImageServer();
        other = await startImageServer();
        space = new Workspace();
    });
    afterEach(async () => {
        await server.close();
        await other.close();
        space.remove();
    });

    const login = { username: "reader", password: "s3cret" };
    const serveTo = (at: ImageServer, path: string): string =>
        at.serve(path, { bytes: disk, etag: '"one"', login: "reader:s3cret" });
    const imports = async (source: SourceSpec): Promise<void> => {
        await space.import({ source });
        assert.equal(sha256(space.target), sha256(disk));
    };

    it("sends user and password, from the url or beside it, without a line break at their end [B24, C40]", async () => {
        const url = serveTo(server, "/image");
        await imports({ kind: "http", url: url.replace("http://", "http://reader:s3cret@") });
        await imports({ kind: "http", url, ...login });
        await imports({ kind: "http", url, username: "reader\n", password: "s3cret\r\n" });
        const error = await space.refused({
            source: { kind: "http", url, username: "reader", password: "wrong" },
        });
        assert.equal(error.code, "access-denied");
        assert.doesNotMatch(error.message, /wrong|reader/);
    });

    it("carries neither credentials nor extra headers to another origin", async () => {
        const target = other.serve("/moved", { bytes: disk, etag: '"one"' });
        const url = server.serve("/image", { bytes: disk, redirect: target });
        await imports({ kind: "http", url, ...login, headers: ["X-Token: t0ken"] });
        assert.ok(
            server.asked.every((one) => one.headers.authorization !== undefined && one.headers["x-token"] === "t0ken"),
        );
        assert.ok(other.asked.length > 0);
        assert.ok(
            other.asked.every((one) => one.headers.authorization === undefined && one.headers["x-token"] === undefined),
        );
    });

    it("carries them on within an origin, and not back to it from another", async () => {
        const within = server.serve("/within", { bytes: disk, redirect: serveTo(server, "/image") });
        await imports({ kind: "http", url: within, ...login });
        const back = other.serve("/back", { bytes: disk, redirect: `${server.url}/image` });
        const away = server.serve("/away", { bytes: disk, redirect: back });
        const error = await space.refused({ source: { kind: "http", url: away, ...login } });
        assert.equal(error.code, "access-denied");
    });

    it("ends a circle of redirects, and does not follow one away from the web", async () => {
        const circle = server.serve("/circle", { bytes: disk, redirect: "/circle" });
        const error = await space.refused({ source: { kind: "http", url: circle } });
        assert.match(error.message, /more than 10 redirects/);
        const file = server.serve("/file", { bytes: disk, redirect: "file:///etc/passwd" });
        assert.equal((await space.refused({ source: { kind: "http", url: file } })).code, "unexpected-response");
    });

    it("shows no user, no password and no query in any name [B27]", () => {
        assert.equal(
            sourceName({ kind: "http", url: "https://reader:s3cret@example.com:8443/a.img?token=t0ken#part" }),
            "https://example.com:8443/a.img?...",
        );
        assert.equal(sourceName({ kind: "http", url: "reader:s3cret@nowhere" }), "nowhere");
    });

    it("says what a complete address is where there is none, without repeating secrets [B27]", async () => {
        for (const url of ["example.com/image", "ftp://u:s3cret@example.com/image", "http://", "//u:s3cret@host/x"]) {
            const error = await space.refused({ source: { kind: "http", url } });
            assert.equal(error.code, "invalid-argument");
            assert.match(error.message, /begins with http:\/\/ or https:\/\//);
            assert.doesNotMatch(error.message, /s3cret/);
        }
        const percent = await space.refused({
            source: { kind: "http", url: "http://reader:s3cret%@example.com/image" },
        });
        assert.match(percent.message, /percent sign/);
        const source = { kind: "http", url: server.url, headers: ["no colon s3cret"] } as const;
        const error = await space.refused({ source });
        assert.equal(error.code, "invalid-argument");
        assert.doesNotMatch(error.message, /s3cret/);
    });

    it("asks one cheap question when a source is identified, and takes one failure for an answer", async () => {
        const { signal } = new AbortController();
        const identity = await identifySource(
            { kind: "http", url: server.serve("/image", { bytes: disk, etag: '"one"' }) },
            signal,
        );
        assert.deepEqual(
            { size: identity.size, version: identity.version, ranges: identity.ranges },
            { size: disk.length, version: '"one"', ranges: true },
        );
        assert.equal(server.asked.length, 1);
        const failing = server.serve("/failing", { bytes: disk, head: 500, failures: [{ status: 500 }] });
        await assert.rejects(identifySource({ kind: "http", url: failing }, signal), { code: "unreachable" });
    });

    it("goes through the environment's proxy, except where no_proxy says not to [C43]", async () => {
        const proxy = await startProxy();
        const before = { ...process.env };
        Object.assign(process.env, { http_proxy: proxy.url, https_proxy: proxy.url, no_proxy: "" });
        try {
            const url = server.serve("/image", { bytes: disk, etag: '"one"' });
            await imports({ kind: "http", url });
            assert.ok(proxy.asked.includes(`GET ${url}`), proxy.asked.join());
            const through = proxy.asked.length;
            process.env["no_proxy"] = "127.0.0.1";
            await imports({ kind: "http", url });
            assert.equal(proxy.asked.length, through);
            Object.assign(process.env, { http_proxy: "s3cret is no url", no_proxy: "" });
            const error = await space.refused({ source: { kind: "http", url } });
            assert.match(error.message, /^cannot use the proxy of the environment: http_proxy/);
            assert.doesNotMatch(error.message, /s3cret/);
        } finally {
            for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
                if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
                else process.env[name] = before[name];
            }
            await proxy.close();
        }
    });

    describe("over TLS", () => {
        let certificates: Certificates;
        let secure: ImageServer;
        before(function () {
            certificates = makeCertificates(requireTool(this, "openssl"));
        });
        beforeEach(async () => {
            secure = await startImageServer(certificates);
        });
        afterEach(() => secure.close());

        it("does not trust a certificate of an unknown authority, and says so once and for all [C42]", async () => {
            const error = await space.refused({ source: { kind: "http", url: `${secure.url}/image` } });
            assert.equal(error.code, "untrusted");
            assert.equal(secure.asked.length, 0);
        });

        it("does not trust a certificate for another name", async () => {
            const url = `${secure.url.replace("127.0.0.1", "localhost")}/image`;
            const source = { kind: "http", url, caCertificates: certificates.ca } as const;
            assert.equal((await space.refused({ source })).code, "untrusted");
        });

        it("refuses certificates that are none", async () => {
            const source = { kind: "http", url: `${secure.url}/image`, caCertificates: "not a certificate" } as const;
            assert.equal((await space.refused({ source })).code, "invalid-argument");
        });

        it("does not follow a redirect from https to http when there are credentials", async () => {
            const url = secure.serve("/image", { bytes: disk, redirect: serveTo(server, "/image") });
            const source = { kind: "http", url, ...login, caCertificates: certificates.ca } as const;
            assert.equal((await space.refused({ source })).code, "untrusted");
            assert.equal(server.asked.length, 0);
        });

        it("tunnels through the environment's proxy, and checks the target's certificate there too [C43]", async () => {
            const proxy = await startProxy();
            const before = process.env["https_proxy"];
            process.env["https_proxy"] = proxy.url;
            try {
                const url = secure.serve("/image", { bytes: disk, etag: '"one"' });
                await imports({ kind: "http", url, caCertificates: certificates.ca });
                assert.ok(proxy.asked.includes(`CONNECT 127.0.0.1:${secure.port}`), proxy.asked.join());
                const error = await space.refused({ source: { kind: "http", url } });
                assert.equal(error.code, "untrusted");
            } finally {
                if (before === undefined) Reflect.deleteProperty(process.env, "https_proxy");
                else process.env["https_proxy"] = before;
                await proxy.close();
            }
        });
    });
});
