// What makes an image another image, whatever way its place is written, and what a preview may not know of it.
import * as assert from "node:assert/strict";
import type { ImportedImageSpec } from "../../provider/model/imported-image.js";
import { unknownValue } from "../../provider/model/unknown.js";
import { contentKey, contentOf, sameContent } from "../../provider/rules/content.js";

type Source = ImportedImageSpec["source"];

const same = (before: Source, after: Source): boolean =>
    sameContent(contentOf({ source: before }), contentOf({ source: after }), []);

describe("the content of an image", () => {
    const http = (url: string): Source => ({ http: { url } });
    const registry = (url: string): Source => ({ registry: { url } });
    for (const [what, before, after] of [
        ["a claim of its own namespace", { pvc: { name: "a" } }, { pvc: { name: "a", namespace: "default" } }],
        ["the case of a host", http("https://images.example.com/A"), http("HTTPS://Images.Example.COM/A")],
        ["a port that goes without saying", http("https://example.com/a"), http("https://example.com:443/a")],
        ["the tag latest", registry("docker://quay.io/a/b"), registry("docker://quay.io/a/b:latest")],
        ["Docker Hub", registry("docker://debian:13"), registry("docker://docker.io/library/debian:13")],
        ["the case of a registry", registry("docker://quay.io/a/b"), registry("docker://QUAY.io/a/b")],
    ] as [string, Source, Source][]) {
        it(`is the same where it is said in two ways: ${what}`, () => {
            assert.equal(same(before, after), true);
            assert.equal(same(after, before), true);
        });
    }

    for (const [what, before, after] of [
        ["a claim of another namespace", { pvc: { name: "a" } }, { pvc: { name: "a", namespace: "golden" } }],
        ["the case of a path", http("https://example.com/a"), http("https://example.com/A")],
        ["another port", http("https://example.com/a"), http("https://example.com:444/a")],
        ["another query", http("https://example.com/a?v=1"), http("https://example.com/a?v=2")],
        ["another tag", registry("docker://quay.io/a/b"), registry("docker://quay.io/a/b:1")],
    ] as [string, Source, Source][]) {
        it(`is another one: ${what}`, () => {
            assert.equal(same(before, after), false);
        });
    }

    for (const [what, source] of [
        ["the name of a claim", { pvc: { name: unknownValue } }],
        ["the namespace of a claim", { pvc: { name: "a", namespace: unknownValue } }],
        ["a platform", { registry: { url: "docker://quay.io/a/b", platform: unknownValue } }],
        ["an architecture", { registry: { url: "docker://quay.io/a/b", platform: { architecture: unknownValue } } }],
        ["a reference", registry(unknownValue)],
        ["an address", http(unknownValue)],
        ["a source", unknownValue],
    ] as [string, Source][]) {
        it(`gives no name while a part of it is not known yet: ${what}`, () => {
            assert.equal(contentKey(contentOf({ source })), undefined);
        });
    }

    it("of a claim in the image's own namespace is not known before that is", () => {
        const source = { pvc: { name: "a" } };
        assert.equal(contentKey(contentOf({ source, namespace: unknownValue })), undefined);
    });
});
