// Addresses of objects in buckets: every form that is understood, and why the others are not.
import assert from "node:assert/strict";
import { parseGcsUrl, parseS3Url, redactBucketUrl } from "../../provider/model/bucket-url.js";

const s3Cases = [
    { reason: "the short form leaves the server to the region", url: "s3://images/fedora/41.qcow2", want: {} },
    { reason: "the global host is no region's", url: "https://s3.amazonaws.com/images/fedora/41.qcow2", want: {} },
    {
        reason: "a region's host names the region",
        url: "https://s3.eu-west-1.amazonaws.com/images/fedora/41.qcow2",
        want: { endpoint: "https://s3.eu-west-1.amazonaws.com", region: "eu-west-1" },
    },
    {
        reason: "the dash of old addresses means the same",
        url: "https://s3-eu-west-1.amazonaws.com/images/fedora/41.qcow2",
        want: { endpoint: "https://s3-eu-west-1.amazonaws.com", region: "eu-west-1" },
    },
    {
        reason: "a bucket may stand before the host",
        url: "https://images.s3.eu-west-1.amazonaws.com/fedora/41.qcow2",
        want: { endpoint: "https://s3.eu-west-1.amazonaws.com", region: "eu-west-1" },
    },
    { reason: "before the global host too", url: "https://images.s3.amazonaws.com/fedora/41.qcow2", want: {} },
    {
        reason: "dualstack, GovCloud and China are regions like others",
        url: "https://images.s3.dualstack.us-gov-west-1.amazonaws.com/fedora/41.qcow2",
        want: { endpoint: "https://s3.dualstack.us-gov-west-1.amazonaws.com", region: "us-gov-west-1" },
    },
    {
        reason: "China has an ending of its own",
        url: "https://s3.cn-north-1.amazonaws.com.cn/images/fedora/41.qcow2",
        want: { endpoint: "https://s3.cn-north-1.amazonaws.com.cn", region: "cn-north-1" },
    },
    {
        reason: "any other host has the bucket in its path, and no region",
        url: "https://minio.lab:9000/images/fedora/41.qcow2",
        want: { endpoint: "https://minio.lab:9000", pathStyle: true },
    },
    {
        reason: "a host that only sounds like Amazon's is another",
        url: "https://s3.eu-west-1.amazonaws.com.evil.example/images/fedora/41.qcow2",
        want: { endpoint: "https://s3.eu-west-1.amazonaws.com.evil.example", pathStyle: true },
    },
    {
        reason: "servers on the premises often speak plain http",
        url: "HTTP://127.0.0.1:7070/images/fedora/41.qcow2",
        want: { endpoint: "http://127.0.0.1:7070", pathStyle: true },
    },
];

describe("the address of an object of S3", () => {
    for (const { reason, url, want } of s3Cases) {
        it(`${reason}: ${url}`, () => {
            const defaults = { endpoint: undefined, region: undefined, pathStyle: false };
            assert.deepEqual(parseS3Url(url), { bucket: "images", key: "fedora/41.qcow2", ...defaults, ...want });
        });
    }

    it("has its key decoded, and takes every other character as it stands", () => {
        for (const [path, key] of [
            ["a%20b+c%2Fd%3Fe%25", "a b+c/d?e%"],
            ["a//b/../c", "a//b/../c"],
            ["%E2%82%AC/ö@home:1", "€/ö@home:1"],
        ]) {
            assert.equal(parseS3Url(`s3://images/${path}`).key, key);
            assert.equal(parseS3Url(`https://host/images/${path}`).key, key);
        }
    });
});

describe("the address of an object of Google Cloud Storage", () => {
    it("is Google's own in both its forms, and an emulator's at any other host", () => {
        const object = { bucket: "images", key: "fedora 41.qcow2" };
        for (const [url, endpoint] of [
            ["gs://images/fedora%2041.qcow2", undefined],
            ["https://storage.googleapis.com/images/fedora%2041.qcow2", undefined],
            ["http://127.0.0.1:4443/images/fedora%2041.qcow2", "http://127.0.0.1:4443"],
            ["https://emulator.lab/images/fedora%2041.qcow2", "https://emulator.lab"],
        ] as const) {
            assert.deepEqual(parseGcsUrl(url), { ...object, endpoint }, url);
        }
    });
});

describe("an address that is none", () => {
    const cases = [
        { reason: "another protocol", url: "ftp://host/images/a", says: /must be/ },
        { reason: "no protocol", url: "images/a", says: /must be/ },
        { reason: "no bucket", url: "https://host/", says: /no bucket/ },
        { reason: "no key", url: "https://host/images", says: /no object/ },
        { reason: "a folder", url: "https://host/images/fedora/", says: /no object/ },
        { reason: "no host", url: "https:///images/a", says: /host/ },
        { reason: "a host that is none", url: "https://[::g]/images/a", says: /host/ },
        { reason: "keys in it", url: "https://AKIA:s3cret@host/images/a", says: /beside the url/ },
        { reason: "a signed address", url: "https://host/images/a?X-Amz-Signature=s3cret", says: /http source/ },
        { reason: "a fragment", url: "https://host/images/a#s3cret", says: /%23/ },
        { reason: "a lonely percent sign", url: "https://host/images/100%", says: /%25/ },
    ];
    for (const { reason, url, says } of cases) {
        it(`is refused with what to write instead, and without secrets: ${reason}`, () => {
            for (const parse of [parseS3Url, parseGcsUrl]) {
                assert.throws(
                    () => parse(url),
                    (thrown: Error & { code: string }) =>
                        thrown.code === "invalid-argument" &&
                        thrown.message.startsWith("cannot use the url ") &&
                        says.test(thrown.message) &&
                        !/s3cret|AKIA/.test(thrown.message),
                );
            }
        });
    }

    it("is not taken for the other vendor's, and its bucket is a name", () => {
        assert.throws(() => parseS3Url("gs://images/a"), /s3:\/\/bucket/);
        assert.throws(() => parseGcsUrl("s3://images/a"), /gs:\/\/bucket/);
        assert.throws(() => parseS3Url("s3:///a"), /name of a bucket/);
        assert.throws(() => parseGcsUrl("gs://im ages/a"), /name of a bucket/);
    });

    it("shows neither user nor query in messages, and keeps an at sign of the key", () => {
        assert.equal(redactBucketUrl("s3://k:s3cret@images/a@b?x=s3cret"), "s3://images/a@b?...");
        assert.equal(redactBucketUrl("k:s3cret@images"), "images");
    });
});
