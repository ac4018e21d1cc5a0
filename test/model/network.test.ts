// How a stack reaches its sources: mirrors by prefix, registries that may be asked without TLS, and settings that make no sense.
import * as assert from "node:assert/strict";
import { sourceOfVolume } from "../../provider/importer/sources/from-volume.js";
import { type Network, mirrorOf, readNetwork } from "../../provider/model/network.js";

const pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";

describe("mirrors", () => {
    for (const { reason, url, mirrors, becomes } of [
        {
            reason: "a registry by its host",
            url: "docker://quay.io/containerdisks/fedora:42",
            mirrors: { "quay.io": "mirror.corp:5000/quay" },
            becomes: "docker://mirror.corp:5000/quay/containerdisks/fedora:42",
        },
        {
            reason: "a pinned image by the whole repository",
            url: `docker://quay.io/a/b@sha256:${"a".repeat(64)}`,
            mirrors: { "docker://quay.io/a/b": "docker://localhost:5000/c" },
            becomes: `docker://localhost:5000/c@sha256:${"a".repeat(64)}`,
        },
        {
            reason: "the longest prefix before the others",
            url: "https://images.example.com/fedora/x.qcow2",
            mirrors: {
                "https://images.example.com/": "https://one/",
                "https://images.example.com/fedora": "https://two/f",
            },
            becomes: "https://two/f/x.qcow2",
        },
        {
            reason: "no host that only begins like the one named",
            url: "docker://quay.io.evil.example/a",
            mirrors: { "quay.io": "mirror.corp" },
            becomes: undefined,
        },
        {
            reason: "no path that only begins like the one named",
            url: "docker://quay.io/abc",
            mirrors: { "quay.io/ab": "mirror.corp/ab" },
            becomes: undefined,
        },
        {
            reason: "one slash, however the two prefixes end",
            url: "https://a/b/c",
            mirrors: { "https://a/b": "https://m/" },
            becomes: "https://m/c",
        },
        {
            reason: "nothing that nobody names",
            url: "https://a/b",
            mirrors: { "https://b/": "https://m/" },
            becomes: undefined,
        },
    ] as const) {
        it(`stand for ${reason}`, () => {
            assert.equal(mirrorOf(url, mirrors), becomes);
        });
    }

    it("get the stack's trust and pull secret, and never a source's own credentials", () => {
        const network: Network = {
            mirrors: { "quay.io": "mirror.corp/quay", "https://images.example.com/": "https://mirror.corp/" },
            caCertificates: "corp",
            pullSecret: "{}",
            insecureRegistries: ["mirror.corp"],
            upstream: "ask",
        };
        const access = { username: "me", password: "hush", headers: ["X-Key: hush"], caCertificates: "own" };
        const registry = sourceOfVolume({ registry: { url: "docker://quay.io/a:b" } }, access, network);
        const web = sourceOfVolume({ http: { url: "https://images.example.com/x" } }, access, network);
        assert.doesNotMatch(JSON.stringify([registry, web]), /hush|"me"/);
        assert.deepEqual(
            registry?.kind === "registry" && [
                registry.url,
                registry.dockerConfigJson,
                registry.insecure,
                registry.caCertificates,
            ],
            ["docker://mirror.corp/quay/a:b", "{}", true, "own\ncorp"],
        );
        const direct = sourceOfVolume({ registry: { url: "docker://ghcr.io/a:b" } }, access, network);
        assert.deepEqual(
            direct?.kind === "registry" && [direct.url, direct.username, direct.dockerConfigJson, direct.insecure],
            ["docker://ghcr.io/a:b", "me", undefined, false],
        );
    });
});

describe("the network settings of a stack", () => {
    it("are read from text", () => {
        const network = readNetwork({
            mirrors: '{"quay.io": "mirror.corp/quay"}',
            insecureRegistries: '["localhost:5000"]',
            upstream: "never",
            caCertificates: pem,
            pullSecret: '{"auths": {}}',
        });
        assert.deepEqual(network.mirrors, { "quay.io": "mirror.corp/quay" });
        assert.deepEqual(network.insecureRegistries, ["localhost:5000"]);
        assert.deepEqual(
            [network.upstream, network.caCertificates, network.pullSecret],
            ["never", pem, '{"auths": {}}'],
        );
        assert.deepEqual(readNetwork({}).mirrors, {});
    });

    for (const [settings, says] of [
        [{ mirrors: "quay.io=mirror" }, /bootsource:mirrors: it must be a map/],
        [{ mirrors: '{"quay.io": 5}' }, /bootsource:mirrors: it must be a map/],
        [{ mirrors: '{"quay.io": "me:hush@mirror"}' }, /bootsource:mirrors: a prefix holds credentials/],
        [{ mirrors: '{"https://a/": "mirror.corp"}' }, /one is a registry and the other is none/],
        [{ insecureRegistries: "localhost:5000" }, /bootsource:insecureRegistries: it must be a list/],
        [{ insecureRegistries: '["https://localhost"]' }, /bootsource:insecureRegistries/],
        [{ upstream: "no" }, /bootsource:upstream: "ask" and "never" are known/],
        [{ caCertificates: "corp" }, /bootsource:caCertificates: it holds no PEM/],
        [{ pullSecret: '["hush"]' }, /bootsource:pullSecret: it is not the content of a docker config/],
        [{ pullSecret: "hush" }, /bootsource:pullSecret: it is not the content of a docker config/],
    ] as const) {
        it(`are refused by name: ${JSON.stringify(settings)}`, () => {
            assert.throws(
                () => readNetwork(settings),
                (error: Error) => says.test(error.message) && !error.message.includes("hush"),
            );
        });
    }
});
