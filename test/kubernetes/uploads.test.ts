// Uploads against a proxy that answers what a test tells it to: what is waited out, what is sent again, and what is given up and why.
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Play, type Reply, type ScriptedApi, startScriptedApi, status } from "./scripted-api.js";

// The scripted server reads bodies as JSON, and this is some.
const content = JSON.stringify("a disk ".repeat(100_000));
const checksum = `sha256:${createHash("sha256").update(content).digest("hex")}`;
const at = { namespace: "images", name: "disk" };
const config = "GET /apis/cdi.kubevirt.io/v1beta1/cdiconfigs/config";
const tokens = "POST /apis/upload.cdi.kubevirt.io/v1beta1/namespaces/images/uploadtokenrequests";
const [probe, background, plain] = ["HEAD /v1beta1/upload-async", "POST /v1beta1/upload-async", "POST /v1beta1/upload"];

describe("an upload through CDI's proxy", function () {
    this.timeout(20_000);
    let api: ScriptedApi;
    let directory: string;
    let path: string;
    beforeEach(async () => {
        api = await startScriptedApi();
        directory = mkdtempSync(join(tmpdir(), "bootsource-upload-"));
        path = join(directory, "disk.img");
        writeFileSync(path, content);
        api.on(tokens, { body: { status: { token: "first" } } }, { body: { status: { token: "second" } } });
        api.on(config, { body: { status: { uploadProxyURL: api.url } } });
        api.on(probe, {});
        api.on(background, {});
    });
    afterEach(async () => {
        await api.close();
        rmSync(directory, { recursive: true, force: true });
    });

    const upload = async (more: { checksum?: string; path?: string } = {}, uploads = {}): Promise<string[]> => {
        const reasons: string[] = [];
        const cluster = await api.cluster({ uploads });
        await cluster.upload(at, {
            path,
            checksum,
            signal: AbortSignal.timeout(15_000),
            sent: () => undefined,
            waits: (reason) => reasons.push(reason),
            ...more,
        });
        return reasons;
    };
    const posted = () => api.asked.filter(({ method, path: to }) => method === "POST" && to.startsWith("/v1beta1"));
    const text = (code: number, body: string, headers = {}): Reply => ({ status: code, body, headers });
    const refuses = (first: Play, code: string, message: RegExp, more = {}): Promise<void> => {
        api.on(background, first);
        return assert.rejects(upload(more), { code, message });
    };

    it("asks for a token of the claim, and sends the file with it the way that holds no connection while CDI converts", async () => {
        await upload();
        const [asked] = api.asked.filter(({ path: to }) => to.endsWith("uploadtokenrequests"));
        assert.deepEqual((asked?.body as { spec: unknown }).spec, { pvcName: "disk" });
        const [sent, ...again] = posted();
        assert.equal(JSON.stringify(sent?.body), content);
        assert.equal(sent?.path, "/v1beta1/upload-async");
        assert.equal(sent.headers.authorization, "Bearer first");
        assert.equal(sent.headers["content-length"], String(content.length));
        assert.deepEqual(again, []);
    });

    it("takes the plain way of a proxy that knows no other", async () => {
        api.on(probe, { status: 404 });
        api.on(plain, {});
        await upload();
        assert.deepEqual(
            posted().map(({ path: to }) => to),
            ["/v1beta1/upload"],
        );
    });

    it("waits as long as a server says that it is not ready, and says so", async () => {
        api.on(probe, { status: 503 }, {});
        api.on(background, text(503, "not ready yet"), {});
        const reasons = await upload();
        assert.equal(reasons.length, 2);
        assert.match(reasons[1] ?? "", /not ready yet/);
    });

    it("sends it again from the beginning where the connection broke, but not for ever", async () => {
        const cut: Play = (response) => response.socket?.resetAndDestroy();
        api.on(background, cut, cut, {});
        await upload();
        assert.equal(posted().length, 3);
        assert.equal(JSON.stringify(posted()[2]?.body), content);
        await refuses(cut, "unreachable", /the upload proxy http.* broke off: .*bootsource:uploadProxyUrl/);
        assert.equal(posted().length, 3 + 6);
    });

    it("asks for another token once, and then says whose proxy it may be", async () => {
        api.on(background, { status: 401 }, {});
        await upload();
        assert.equal(posted()[1]?.headers.authorization, "Bearer second");
        await refuses({ status: 401 }, "unauthenticated", /does not accept the token .* proxy of another cluster\?/);
    });

    it("is told what stands in the way, each in a sentence to act upon", async () => {
        const cases: readonly [Reply, string, RegExp][] = [
            [text(413, "<html>"), "refused", /proxy-body-size: "0"/],
            [text(302, "", { location: "https://login" }), "unexpected-response", /asked at https:\/\/login; name the/],
            [text(404, "404 page not found"), "unexpected-response", /is not CDI's upload proxy/],
            [
                text(400, "Saving stream failed: effective image size is larger than the reported available storage"),
                "too-large",
                /ask for a size that holds the image/,
            ],
            [text(500, "Saving stream failed: qcow2: bad magic"), "refused", /bad magic\); correct the image/],
        ];
        for (const [answer, code, message] of cases) await refuses(answer, code, message);
    });

    it("keeps the last bytes back where the whole is not what the arguments name; a file that is not there, or empty, is not begun with", async () => {
        api.on(background, (response) => response.writeHead(200).end());
        const other = `md5:${"0".repeat(32)}`;
        await assert.rejects(upload({ checksum: other }), {
            code: "checksum-mismatch",
            message: /its md5 is [0-9a-f]{32}, not 0{32}; .*no disk was made/,
        });
        assert.deepEqual(posted(), [], "no request came to its end");
        await assert.rejects(upload({ path: join(directory, "none") }), { code: "not-found" });
        truncateSync(path);
        await assert.rejects(upload(), { code: "empty-source" });
    });

    it("needs to know where the proxy is: by the stack's word, also without the right to ask CDI for it", async () => {
        api.on(config, { body: { status: {} } });
        await assert.rejects(upload(), { code: "not-configured", message: /port-forward.*bootsource:uploadProxyUrl/ });
        api.on(config, status(403, "Forbidden", "no right"));
        await upload({}, { url: `${api.url}/` });
        assert.equal(posted().length, 1);
        await assert.rejects(upload(), { code: "forbidden" });
    });
});
