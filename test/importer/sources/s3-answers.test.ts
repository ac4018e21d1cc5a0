// What S3 and its like can answer, and what becomes of it: refusals, other regions, passing failures; and which host is asked.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { S3Spec } from "../../../provider/importer/contract.js";
import { openSource } from "../../../provider/importer/sources/index.js";
import { isBootsourceError, type BootsourceError } from "../../../provider/model/errors.js";
import { withEnvironment } from "../../environment.js";
import { startAnswers, type Answer, type AnswerServer } from "../../servers/answers.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { Workspace } from "../workspace.js";

const keys = { accessKeyId: "AKIAREADER", secretKey: "s3cret", sessionToken: "t0ken-s3cret" };
const { signal } = new AbortController();
const object: Answer = {
    status: 200,
    headers: { etag: '"one"', "content-length": 5, "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" },
    body: "image",
};

describe("source s3, by what is answered", () => {
    let server: AnswerServer | undefined;
    let clock: HurryClock;
    beforeEach(() => {
        clock = new HurryClock();
    });
    afterEach(async () => {
        await server?.close();
        server = undefined;
    });

    const answers = async (how: Parameters<typeof startAnswers>[0]): Promise<S3Spec> => {
        await server?.close();
        server = await startAnswers(how);
        return { kind: "s3", url: `${server.url}/images/disk`, ...keys };
    };
    const refused = async (spec: S3Spec): Promise<BootsourceError> => {
        const error = await openSource(spec, { clock, attempts: 3 })
            .identify(signal)
            .then(
                () => assert.fail("it was expected to fail"),
                (thrown: unknown) => thrown,
            );
        assert.ok(isBootsourceError(error), String(error));
        assert.doesNotMatch(inspect(error, { depth: 20, showHidden: true }), /s3cret|AKIA|Signature=/);
        assert.match(error.message, /^cannot .+; .+/);
        return error;
    };

    for (const [status, code, expected, says] of [
        [404, "NoSuchKey", "not-found", /key of the object/],
        [404, "NoSuchBucket", "not-found", /name of the bucket/],
        [403, "SignatureDoesNotMatch", "access-denied", /check secretKey/],
        [403, "InvalidAccessKeyId", "access-denied", /check accessKeyId/],
        [400, "ExpiredToken", "access-denied", /temporary keys have expired; get new ones/],
        [400, "InvalidToken", "access-denied", /check sessionToken/],
        [403, "RequestTimeTooSkewed", "access-denied", /set the clock/],
        [403, "AccessDenied", "access-denied", /may read/],
        [403, "SomethingNew", "access-denied", /SomethingNew \(status 403\)/],
        [403, "InvalidObjectState", "unexpected-response", /restore it first/],
        [400, "SomethingNew", "unexpected-response", /SomethingNew \(status 400\)/],
    ] as const) {
        it(`gives up at once, and says what to do, where the answer is ${code} (${status})`, async () => {
            const error = await refused(await answers(() => refusal(status, code)));
            assert.equal(error.code, expected, error.message);
            assert.match(error.message, says);
            assert.equal(error.terminal, true);
            assert.deepEqual(clock.waits, []);
        });
    }

    for (const [status, code] of [
        [503, "SlowDown"],
        [503, "ServiceUnavailable"],
        [500, "InternalError"],
        [400, "RequestTimeout"],
        [502, undefined],
        [429, "TooManyRequests"],
    ] as const) {
        it(`tries again where the answer is ${code ?? "no error of S3"} (${status})`, async () => {
            const spec = await answers((_, before) => (before < 2 ? refusal(status, code) : object));
            const identity = await openSource(spec, { clock, attempts: 3 }).identify(signal);
            assert.deepEqual(
                { size: identity.size, version: identity.version, lastModified: identity.lastModified },
                { size: 5, version: '"one"', lastModified: "2024-01-01T00:00:00.000Z" },
            );
            const error = await refused(await answers(() => refusal(status, code)));
            assert.equal(error.code, "unreachable");
            assert.match(error.message, /gave up after 3 attempts/);
        });
    }

    it("asks again in the region that the server names, whichever way it does that", async () => {
        const elsewhere: Answer = { status: 301, headers: { "x-amz-bucket-region": "eu-west-3" } };
        const named = refusal(400, "AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>");
        for (const wrong of [elsewhere, named]) {
            const spec = await answers(({ headers }) =>
                headers.authorization?.includes("/eu-west-3/") === true ? object : wrong,
            );
            const source = openSource(spec, { clock, attempts: 1 });
            assert.equal((await source.identify(signal)).size, 5);
            const first = server?.asked.length;
            await source.identify(signal);
            assert.equal(server?.asked.length, (first ?? 0) + 1, "the region is remembered");
        }
    });

    it("names the region where asking there does not help", async () => {
        const elsewhere: Answer = { status: 301, headers: { "x-amz-bucket-region": "eu-west-3" } };
        const error = await refused(await answers(() => elsewhere));
        assert.match(error.message, /the region eu-west-3; name that region/);
    });

    it("signs for the region of the spec, else of the environment, and sends the session token", async () => {
        const spec = await answers(() => object);
        const signedFor = async (more: Partial<S3Spec>): Promise<string | undefined> => {
            await openSource({ ...spec, ...more }, { clock }).identify(signal);
            const { headers } = server?.asked.at(-1) ?? assert.fail();
            assert.equal(headers["x-amz-security-token"], "t0ken-s3cret");
            return /Credential=AKIAREADER\/\d+\/([^/]+)\/s3/.exec(headers.authorization ?? "")?.[1];
        };
        await withEnvironment({ AWS_REGION: undefined, AWS_DEFAULT_REGION: "eu-north-1" }, async () => {
            assert.equal(await signedFor({ region: "eu-central-1" }), "eu-central-1");
            assert.equal(await signedFor({}), "eu-north-1");
        });
        await withEnvironment({ AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined }, async () => {
            assert.equal(await signedFor({}), "us-east-1");
        });
    });

    it("says that a server which does not speak the protocol is none of S3", async () => {
        const page: Answer = { status: 418, headers: { "content-type": "text/html" }, body: "<html><p>a page</html>" };
        assert.equal((await refused(await answers(() => page))).code, "unexpected-response");
    });

    it("refuses parts that are not the ones asked for", async () => {
        const spec = await answers(() => ({
            ...object,
            status: 206,
            headers: { ...object.headers, "content-range": "bytes 1-5/9" },
        }));
        const source = openSource(spec, { clock });
        await assert.rejects(source.open({ offset: 2, length: 3 }, signal), /asked for bytes from 2, .*bytes 1-5/);
    });

    it("takes temporary keys for a web identity, which a pod of a cluster has, over its own connections", async () => {
        const space = new Workspace();
        const token = space.write("token", Buffer.from("s3cret-of-the-pod"));
        const credentials =
            "<AccessKeyId>ASIAPOD</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey><SessionToken>t0ken</SessionToken>" +
            "<Expiration>2099-01-01T00:00:00Z</Expiration>";
        const body =
            '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>' +
            `<Credentials>${credentials}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
        const spec = await answers(({ method }) =>
            method === "POST" ? { status: 200, headers: { "content-type": "text/xml" }, body } : object,
        );
        const environment = {
            AWS_ACCESS_KEY_ID: undefined,
            AWS_SECRET_ACCESS_KEY: undefined,
            AWS_PROFILE: undefined,
            AWS_CONFIG_FILE: space.path,
            AWS_SHARED_CREDENTIALS_FILE: space.path,
            AWS_WEB_IDENTITY_TOKEN_FILE: token,
            AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/reader",
            AWS_ENDPOINT_URL_STS: server?.url,
            AWS_REGION: "us-east-1",
        };
        try {
            const source = openSource({ kind: "s3", url: spec.url }, { clock });
            await withEnvironment(environment, () => source.identify(signal));
        } finally {
            space.remove();
        }
        const { headers } = server?.asked.at(-1) ?? assert.fail();
        assert.equal(headers["x-amz-security-token"], "t0ken");
        assert.match(headers.authorization ?? "", /Credential=ASIAPOD\//);
    });

    it("asks for a key as it stands, whatever an address would make of it", async () => {
        const { url } = await answers(() => object);
        const at = url.replace(/disk$/, "");
        for (const key of ["a/../b", "a//b", "/a", "%2E/a%20b+c%3F", "%E2%82%AC(1)"]) {
            await openSource({ kind: "s3", url: at + key, ...keys }, { clock }).identify(signal);
            const asked = (server?.asked.at(-1)?.url ?? "").replace(/\?.*/, "").slice("/images/".length);
            assert.equal(decodeURIComponent(asked), decodeURIComponent(key));
        }
    });

    it("says that an object has no bytes", async () => {
        const empty: Answer = { status: 200, headers: { etag: '"none"', "content-length": 0 } };
        const space = new Workspace();
        try {
            assert.equal((await space.refused({ source: await answers(() => empty), clock })).code, "empty-source");
        } finally {
            space.remove();
        }
    });

    it("takes the end of an answer without a length for the end of the object", async () => {
        const spec = await answers(() => ({ status: 200, headers: { "transfer-encoding": "chunked" }, body: "image" }));
        const opened = await openSource(spec, { clock, attempts: 1 }).open(undefined, signal);
        let text = "";
        for await (const chunk of opened.bytes) text += Buffer.from(chunk).toString();
        assert.equal(text, "image");
    });

    it("does not go on where nothing says that the rest belongs to the start", async () => {
        const untagged: Answer = { status: 200, headers: { "content-length": 900_000, etag: 'W/"weak"' } };
        const half = Buffer.alloc(400_000, 1);
        const spec = await answers(() => ({ ...untagged, body: half, cut: true }));
        const opened = await openSource(spec, { clock, attempts: 3 }).open(undefined, signal);
        await assert.rejects(
            async () => {
                for await (const chunk of opened.bytes) assert.ok(chunk.length > 0);
            },
            { code: "unreachable" },
        );
        assert.equal(server?.asked.length, 1);
    });

    // Only the name of the host that is asked for: a proxy refuses to go there.
    for (const [url, host] of [
        ["s3://images/disk", "images.s3.us-east-2.amazonaws.com:443"],
        ["https://s3.amazonaws.com/images/disk", "images.s3.us-east-2.amazonaws.com:443"],
        ["https://s3.eu-west-1.amazonaws.com/images/disk", "images.s3.eu-west-1.amazonaws.com:443"],
        ["https://images.s3.eu-west-1.amazonaws.com/disk", "images.s3.eu-west-1.amazonaws.com:443"],
        ["https://s3.eu-west-1.amazonaws.com/my.images/disk", "s3.eu-west-1.amazonaws.com:443"],
        ["https://minio.example:9000/images/disk", "minio.example:9000"],
    ] as const) {
        it(`asks ${host} for ${url}, through the environment's proxy`, async () => {
            await answers(() => object);
            const environment = { https_proxy: server?.url, no_proxy: "", AWS_REGION: "us-east-2" };
            const error = await withEnvironment(environment, () => refused({ kind: "s3", url, ...keys }));
            assert.equal(error.code, "unreachable");
            assert.equal(server?.tunnels[0], host);
        });
    }
});

function refusal(status: number, code: string | undefined, more = ""): Answer {
    if (code === undefined) return { status };
    const secrets = "<AWSAccessKeyId>AKIAREADER</AWSAccessKeyId><StringToSign>s3cret</StringToSign>";
    const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>s3cret</Message>${secrets}${more}</Error>`;
    return { status, headers: { "content-type": "application/xml" }, body };
}
