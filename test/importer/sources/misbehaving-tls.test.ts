// Certificates that prove nothing: refused at once and for all, unless the user wants no proof; then every one will do.
import assert from "node:assert/strict";
import type { HttpSpec } from "../../../provider/importer/contract.js";
import { makeDisk } from "../../images/disk.js";
import { makeCertificates, type Certificates } from "../../servers/certificates.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { startImageServer, type ImageServer } from "../../servers/image-server.js";
import { startProxy } from "../../servers/proxy.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace } from "../workspace.js";

describe("source http, over TLS that proves nothing", () => {
    const disk = makeDisk(300_000, { seed: 35 });
    let openssl: string;
    let server: ImageServer | undefined;
    let space: Workspace;
    before(function () {
        openssl = requireTool(this, "openssl");
    });
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(async () => {
        await server?.close();
        server = undefined;
        space.remove();
    });

    const serve = async ({ key, cert }: Pick<Certificates, "key" | "cert">): Promise<HttpSpec> => {
        await server?.close();
        server = await startImageServer({ key, cert });
        return { kind: "http", url: server.serve("/image", { bytes: disk, etag: '"one"' }) };
    };
    const imports = async (source: HttpSpec): Promise<void> => {
        await space.import({ source, clock: new HurryClock() });
        assert.equal(sha256(space.target), sha256(disk));
    };
    const refuses = async (source: HttpSpec): Promise<string> => {
        const clock = new HurryClock();
        const error = await space.refused({ source, clock });
        assert.equal(error.code, "untrusted", error.message);
        assert.equal(error.terminal, true);
        assert.deepEqual(clock.waits, [], "nothing is tried again");
        assert.equal(server?.asked.length, 0, "nothing is asked of a server that is not known");
        return error.message;
    };

    for (const { reason, flaws, subject, why, known = false } of [
        { reason: "signed by itself", flaws: { selfSigned: true }, why: /self-signed|self signed/ },
        { reason: "of an unknown authority", flaws: {}, why: /unable to verify|unable to get/ },
        // Where its authority is known, that alone must not do.
        { reason: "that is out of date", flaws: { days: -1 }, why: /expired/, known: true },
        { reason: "for another name", flaws: {}, subject: "DNS:other.example", why: /127\.0\.0\.1/, known: true },
    ]) {
        it(`refuses a certificate ${reason}, and takes it where the user wants no proof [C16]`, async () => {
            const certificates = makeCertificates(openssl, subject, flaws);
            const source = await serve(certificates);
            assert.match(await refuses(known ? { ...source, caCertificates: certificates.ca } : source), why);
            await imports({ ...source, insecureSkipVerify: true });
            // What was taken without proof is not trusted by those who want it.
            const before = server?.asked.length ?? 0;
            assert.equal((await space.refused({ source })).code, "untrusted");
            assert.equal(server?.asked.length, before);
        });
    }

    it("trusts a certificate signed by itself where the user names that very one", async () => {
        const { key, cert } = makeCertificates(openssl, undefined, { selfSigned: true });
        await imports({ ...(await serve({ key, cert })), caCertificates: cert });
    });

    it("does not trust an authority of another name, and says so [C42]", async () => {
        const source = await serve(makeCertificates(openssl));
        await refuses({ ...source, caCertificates: makeCertificates(openssl).ca });
    });

    it("needs no proof of the target behind a proxy either, where the user wants none", async () => {
        const proxy = await startProxy();
        const before = process.env["https_proxy"];
        process.env["https_proxy"] = proxy.url;
        try {
            const source = await serve(makeCertificates(openssl));
            await refuses(source);
            await imports({ ...source, insecureSkipVerify: true });
            assert.ok(proxy.asked.some((line) => line.startsWith("CONNECT ")));
        } finally {
            if (before === undefined) Reflect.deleteProperty(process.env, "https_proxy");
            else process.env["https_proxy"] = before;
            await proxy.close();
        }
    });

    it("follows a redirect to another server without proof, and gives it no secrets", async () => {
        const target = await startImageServer(makeCertificates(openssl));
        try {
            const source = await serve(makeCertificates(openssl));
            const moved = target.serve("/image", { bytes: disk, etag: '"one"' });
            server?.serve("/image", { bytes: disk, redirect: moved });
            await imports({ ...source, insecureSkipVerify: true, username: "reader", password: "s3cret" });
            assert.ok(target.asked.length > 0);
            assert.ok(target.asked.every((one) => one.headers.authorization === undefined));
        } finally {
            await target.close();
        }
    });

    it("says that a server speaks no TLS at all", async () => {
        server = await startImageServer();
        const url = server.serve("/image", { bytes: disk }).replace("http:", "https:");
        await refuses({ kind: "http", url });
        const error = await space.refused({ source: { kind: "http", url, insecureSkipVerify: true } });
        assert.equal(error.code, "untrusted");
    });
});
