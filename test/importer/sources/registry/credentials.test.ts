// Docker's config.json: which entry speaks of a registry, in which spellings, and that nothing of it is ever repeated.
import assert from "node:assert/strict";
import { parseReference, type ImageReference } from "../../../../provider/model/image-reference.js";
import { isBootsourceError } from "../../../../provider/model/errors.js";
import { parseChallenges } from "../../../../provider/importer/sources/registry/challenge.js";
import { credentialsFor } from "../../../../provider/importer/sources/registry/credentials.js";

const auth = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString("base64") });

function credentials(url: string, config: unknown, more: { username?: string; password?: string } = {}): unknown {
    const dockerConfigJson = typeof config === "string" ? config : JSON.stringify(config);
    return credentialsFor({ kind: "registry", url, dockerConfigJson, ...more }, parseReference(url) as ImageReference);
}

describe("credentials for a registry", () => {
    const quay = "docker://quay.io/containerdisks/fedora:latest";
    const found = { username: "reader", password: "s3cret:with:colons" };

    it("are the entry of its host in every spelling that configs have", () => {
        for (const key of [
            "quay.io",
            "https://quay.io",
            "https://quay.io/",
            "https://quay.io/v1/",
            "http://quay.io/v2/",
            "quay.io/containerdisks",
        ]) {
            assert.deepEqual(
                credentials(quay, { auths: { "other.io": auth("no:no"), [key]: auth("reader:s3cret:with:colons") } }),
                found,
                key,
            );
        }
        assert.deepEqual(credentials(quay, { auths: { "quay.io": found } }), found);
        assert.equal(
            credentials(quay, {
                auths: { "quay.io:443": found, "quay.io.evil": found, "quay.io/containerdisk": found },
            }),
            undefined,
        );
    });

    it("of Docker Hub stand under any of the names that it has gone by", () => {
        for (const key of ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"]) {
            for (const url of ["docker://fedora", "docker://docker.io/library/fedora:41"]) {
                assert.deepEqual(credentials(url, { auths: { [key]: found } }), found);
            }
        }
    });

    it("are the ones of the organisation before the ones of the host, because they say more", () => {
        const auths = { "quay.io": auth("host:x"), "quay.io/containerdisks": auth("reader:s3cret:with:colons") };
        assert.deepEqual(credentials(quay, { auths }), found);
    });

    it("lose the line breaks at their ends, which files have and passwords do not", () => {
        const auths = { "quay.io": auth("reader:s3cret:with:colons\r\n") };
        assert.deepEqual(credentials(quay, `\n${JSON.stringify({ auths })}\n`), found);
        assert.deepEqual(credentials(quay, "", { username: "reader\n", password: "s3cret:with:colons\r\n" }), found);
    });

    it("given by name go before the config", () => {
        assert.deepEqual(credentials(quay, { auths: { "quay.io": auth("no:no") } }, found), found);
    });

    it("may be a refresh token", () => {
        for (const entry of [
            { identitytoken: "s3cret" },
            { ...auth("x:y"), identitytoken: "s3cret" },
            auth("<token>:s3cret"),
        ]) {
            assert.deepEqual(credentials(quay, { auths: { "quay.io": entry } }), { refreshToken: "s3cret" });
        }
    });

    it("are nobody's where the config does not speak of the registry, helper programs or not", () => {
        for (const config of [
            {},
            { auths: {} },
            { auths: {}, credsStore: "desktop" },
            { credHelpers: { "other.io": "x" } },
            "",
        ]) {
            assert.equal(credentials(quay, config), undefined);
        }
    });

    it("that lie with a helper program are refused with a sentence, because none is run", () => {
        for (const config of [
            { auths: { "quay.io": {} }, credsStore: "desktop" },
            { credHelpers: { "quay.io": "secretservice" } },
        ]) {
            assert.throws(() => credentials(quay, config), {
                code: "invalid-argument",
                message: /helper program .+ none is run; give/,
            });
        }
    });

    it("of a malformed config are not repeated", () => {
        for (const config of [
            "s3cret",
            '{"auths": s3cret',
            '["s3cret"]',
            { auths: "s3cret" },
            { auths: { "quay.io": "s3cret" } },
            { auths: { "quay.io": { auth: 5 } } },
            { auths: { "quay.io": auth("s3cret") } },
        ]) {
            assert.throws(
                () => credentials(quay, config),
                (thrown: unknown) =>
                    isBootsourceError(thrown) &&
                    thrown.code === "invalid-argument" &&
                    !/s3cret|c3Nj/.test(thrown.message) &&
                    thrown.cause === undefined,
                JSON.stringify(config),
            );
        }
    });
});

describe("the challenge of a registry", () => {
    it("is taken apart whatever its quotes hold, however many there are", () => {
        assert.deepEqual(
            parseChallenges('Bearer realm="https://a/t?x=1,2",service=plain , scope="repository:a:pull,push"'),
            [
                {
                    scheme: "bearer",
                    parameters: { realm: "https://a/t?x=1,2", service: "plain", scope: "repository:a:pull,push" },
                },
            ],
        );
        assert.deepEqual(parseChallenges('Basic realm="say \\"hi\\"", BEARER Realm="https://a"'), [
            { scheme: "basic", parameters: { realm: 'say "hi"' } },
            { scheme: "bearer", parameters: { realm: "https://a" } },
        ]);
        for (const nothing of [undefined, "", "=,=", '"']) assert.deepEqual(parseChallenges(nothing), []);
    });
});
