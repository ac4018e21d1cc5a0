// Who asks, and of whom: every way in which a kubeconfig says so, against a server that looks.
import * as assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { TLSSocket } from "node:tls";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type Certificates, makeCertificates } from "../servers/certificates.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { startProxy } from "../servers/proxy.js";
import { requireTool } from "../tools.js";
import { type Play, type ScriptedApi, secret, startScriptedApi, status } from "./scripted-api.js";

const at = { namespace: "default", name: "login" };
const line = "GET /api/v1/namespaces/default/secrets/login";
const found: Play = { body: secret("login", "1") };

describe("a kubeconfig's credentials", function () {
    this.timeout(30_000);
    let api: ScriptedApi;
    let directory: string;
    let certificates: Certificates;
    let openssl: string;
    before(function () {
        openssl = requireTool(this, "openssl");
        certificates = makeCertificates(openssl);
    });
    beforeEach(() => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-kubeconfig-"));
    });
    afterEach(async () => {
        await api.close();
        rmSync(directory, { recursive: true, force: true });
    });

    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const authorizations = (): (string | undefined)[] => api.asked.map(({ headers }) => headers.authorization);

    /** A program that prints one token after another, with what it was told about the cluster in a file. */
    const plugin = (status: string): object => {
        const program = path.join(directory, "plugin.cjs");
        writeFileSync(
            program,
            `const fs = require("node:fs"); const count = ${JSON.stringify(path.join(directory, "count"))};
             const turn = fs.existsSync(count) ? fs.readFileSync(count).length + 1 : 1;
             fs.appendFileSync(count, "."); fs.writeFileSync(${JSON.stringify(path.join(directory, "told"))}, process.env.KUBERNETES_EXEC_INFO);
             ${status}`,
        );
        const apiVersion = "client.authentication.k8s.io/v1";
        return {
            exec: { apiVersion, command: process.execPath, args: [program], env: [{ name: "SAID", value: "yes" }] },
        };
    };
    const printed = (expires = "undefined"): string =>
        `console.log(JSON.stringify({ kind: "ExecCredential", status: { token: process.env.SAID + turn, expirationTimestamp: ${expires} } }))`;

    it("trusts the authority that it names, and no other server", async () => {
        api = await startScriptedApi(certificates);
        api.on(line, found);
        const stranger = await api.cluster();
        await assert.rejects(stranger.get("Secret", at), { code: "untrusted", message: /certificate-authority-data/ });
        const trusting = await api.cluster({ cluster: { "certificate-authority-data": base64(certificates.ca) } });
        assert.ok(await trusting.get("Secret", at));
        const careless = await api.cluster({ cluster: { "insecure-skip-tls-verify": true } });
        assert.ok(await careless.get("Secret", at));
        assert.equal(api.asked.length, 2);
    });

    it("shows a client certificate, and asks for the server by the name that it is told", async () => {
        const names: unknown[] = [];
        const named = makeCertificates(openssl, "DNS:api.internal");
        api = await startScriptedApi({ ...named, ca: certificates.ca, requestCert: true, rejectUnauthorized: true });
        api.on(line, (response) => {
            names.push((response.socket as TLSSocket).getPeerCertificate().subject.CN);
            response.end(JSON.stringify(secret("login", "1")));
        });
        const cluster = { "certificate-authority-data": base64(named.ca), "tls-server-name": "api.internal" };
        const user = {
            "client-certificate-data": base64(certificates.cert),
            "client-key-data": base64(certificates.key),
        };
        assert.ok(await (await api.cluster({ cluster, user })).get("Secret", at));
        assert.deepEqual(names, ["test server"]);
    });

    it("goes through the proxy that it names", async () => {
        api = await startScriptedApi(certificates);
        api.on(line, found);
        const proxy = await startProxy();
        const cluster = { "certificate-authority-data": base64(certificates.ca), "proxy-url": proxy.url };
        const opened = await api.cluster({ cluster });
        assert.ok(await opened.get("Secret", at));
        await opened.close();
        assert.deepEqual(proxy.asked, [`CONNECT ${new URL(api.url).host}`]);
        await proxy.close();
    });

    it("signs in by name and password, and in somebody else's name", async () => {
        api = await startScriptedApi();
        api.on(line, found);
        await (await api.cluster({ user: { username: "me", password: "pass", as: "other" } })).get("Secret", at);
        assert.deepEqual(authorizations(), [`Basic ${base64("me:pass")}`]);
        assert.equal(api.asked[0]?.headers["impersonate-user"], "other");
    });

    it("reads a token's file again after a minute: it is renewed in place", async () => {
        api = await startScriptedApi();
        api.on(line, found);
        const tokenFile = path.join(directory, "token");
        writeFileSync(tokenFile, "first\n");
        const clock = new HurryClock();
        const cluster = await api.cluster({ user: { tokenFile, token: "of old" }, clock });
        await cluster.get("Secret", at);
        writeFileSync(tokenFile, "second\n");
        await cluster.get("Secret", at);
        clock.pass(60_001);
        await cluster.get("Secret", at);
        assert.deepEqual(authorizations(), ["Bearer first", "Bearer first", "Bearer second"]);
    });

    it("asks its program for credentials once, and again when they are refused or run out", async () => {
        api = await startScriptedApi();
        const clock = new HurryClock();
        const expires = `new Date(${clock.now() + 600_000}).toISOString()`;
        api.on(line, found, found, status(401, "Unauthorized", "Unauthorized"), found);
        const cluster = await api.cluster({ user: plugin(printed(expires)), clock });
        await Promise.all([cluster.get("Secret", at), cluster.get("Secret", at)]);
        assert.ok(await cluster.get("Secret", at), "with new credentials it is let in");
        clock.pass(595_000);
        await cluster.get("Secret", at);
        assert.deepEqual(
            authorizations(),
            ["yes1", "yes1", "yes1", "yes2", "yes3"].map((token) => `Bearer ${token}`),
        );
        const told = JSON.parse(readFileSync(path.join(directory, "told"), "utf8")) as {
            spec: { interactive: boolean };
        };
        assert.equal(told.spec.interactive, false, "the program must not ask anybody");
    });

    it("says in the program's own words why there are no credentials, and nothing of what it printed", async () => {
        api = await startScriptedApi();
        const silent = await api.cluster({ user: plugin('console.error("please log in first"); process.exit(3)') });
        await assert.rejects(silent.get("Secret", at), { code: "unauthenticated", message: /please log in first/ });
        const odd = await api.cluster({ user: plugin('console.log("s3cret")') });
        await assert.rejects(odd.get("Secret", at), (thrown: Error) => {
            assert.match(thrown.message, /not an ExecCredential/);
            return !thrown.message.includes("s3cret");
        });
        const exec = {
            apiVersion: "client.authentication.k8s.io/v1",
            command: "no-such-login",
            installHint: "Get it from us.",
        };
        const absent = await api.cluster({ user: { exec } });
        await assert.rejects(absent.get("Secret", at), {
            message: /no-such-login .* no such program; Get it from us\.$/,
        });
        assert.equal(api.asked.length, 0);
    });

    it("asks no second time with a token that was refused", async () => {
        api = await startScriptedApi();
        api.on(line, status(401, "Unauthorized", "Unauthorized"));
        const cluster = await api.cluster({ user: { token: "s3cret" } });
        await assert.rejects(cluster.get("Secret", at), (thrown: Error & { code?: string }) => {
            assert.match(thrown.message, /does not know who asks .* renew the token/);
            return thrown.code === "unauthenticated" && !thrown.message.includes("s3cret");
        });
        assert.equal(api.asked.length, 1);
    });
});
