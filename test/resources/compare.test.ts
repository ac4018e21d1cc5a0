// What of an imported image forces a replacement, and what never does: pure, without I/O.
import * as assert from "node:assert/strict";
import type { Data } from "../../provider/resources/contract.js";
import type { ImportedImageState } from "../../provider/resources/image-state.js";
import { importedImage } from "../../provider/resources/imported-image.js";

const digest = `sha256:${"d".repeat(64)}`;
const other = `sha256:${"e".repeat(64)}`;
const url = "https://images.example.com/fedora.qcow2";

describe("a change of an imported image", () => {
    const inputs = (more: Data = {}): Data => ({
        source: { http: { url } },
        storage: { size: "5Gi" },
        namespace: "default",
        claimName: "fedora-12345678",
        cluster: "store-1",
        ...more,
    });
    const state = (more: Data = {}): ImportedImageState => ({
        ...inputs(more),
        stateVersion: 1,
        urn: "urn:pulumi:s::p::t::fedora",
        token: "token",
        cluster: "store-1",
        namespace: "default",
        claimName: "fedora-12345678",
        phase: "Succeeded",
        path: "/store/disk.img",
        format: "qcow2",
        pinnedFormat: typeof more["format"] === "string" ? more["format"] : null,
        virtualSize: 1 << 30,
        size: 5 * (1 << 30),
        digest,
        storageClass: "local",
        conditions: [],
        modified: false,
    });

    const cases: { reason: string; before?: Data; after: Data; replaces: string[] }[] = [
        { reason: "nothing changed", after: {}, replaces: [] },
        { reason: "another store is another place", after: { cluster: "store-2" }, replaces: ["cluster"] },
        { reason: "another namespace is another object", after: { namespace: "vms" }, replaces: ["namespace"] },
        { reason: "another name is another claim", after: { claimName: "other" }, replaces: ["claimName"] },
        {
            reason: "another URL without a checksum is another image",
            after: { source: { http: { url: `${url}.gz` } } },
            replaces: ["source"],
        },
        {
            reason: "another URL for the same checksum is a mirror",
            before: { checksum: digest },
            after: { checksum: digest, source: { http: { url: "https://mirror.example.com/f" } } },
            replaces: [],
        },
        {
            reason: "another checksum is another image",
            before: { checksum: digest },
            after: { checksum: other },
            replaces: ["source"],
        },
        { reason: "the checksum that came in, added later", after: { checksum: digest }, replaces: [] },
        {
            reason: "the same checksum, spelt in capitals",
            before: { checksum: digest },
            after: { checksum: digest.toUpperCase() },
            replaces: [],
        },
        { reason: "a checksum that did not come in, added later", after: { checksum: other }, replaces: ["source"] },
        { reason: "a checksum taken away", before: { checksum: digest }, after: {}, replaces: [] },
        {
            reason: "the checksum in CDI's place",
            before: { checksum: digest },
            after: { source: { http: { url, checksum: digest } } },
            replaces: [],
        },
        { reason: "a pinned format reads the bytes otherwise", after: { format: "raw" }, replaces: ["source"] },
        { reason: "a format that stays pinned", before: { format: "qcow2" }, after: { format: "qcow2" }, replaces: [] },
        {
            reason: "credentials, certificates and headers",
            after: {
                source: {
                    http: {
                        url,
                        credentials: { accessKeyId: "a", secretKey: "b" },
                        caCertificates: "x",
                        extraHeaders: ["A: b"],
                    },
                },
            },
            replaces: [],
        },
        { reason: "time and waiting", after: { timeoutSeconds: 5, wait: "accepted" }, replaces: [] },
        {
            reason: "labels, force and preallocation",
            after: { labels: { a: "b" }, force: true, preallocation: true },
            replaces: [],
        },
        { reason: "a larger disk", after: { storage: { size: "6Gi" } }, replaces: [] },
        {
            reason: "the same size in other words",
            after: { storage: { resources: { requests: { storage: "5120Mi" } } } },
            replaces: [],
        },
        { reason: "a smaller disk", after: { storage: { size: "4Gi" } }, replaces: ["storage"] },
        {
            reason: "another class",
            after: { storage: { size: "5Gi", storageClassName: "fast" } },
            replaces: ["storage"],
        },
        {
            reason: "the class where it landed, named later",
            after: { storage: { size: "5Gi", storageClassName: "local" } },
            replaces: [],
        },
        {
            reason: "other access modes",
            after: { storage: { size: "5Gi", accessModes: ["ReadWriteMany"] } },
            replaces: ["storage"],
        },
        {
            reason: "the default access mode, named later",
            after: { storage: { size: "5Gi", accessModes: ["ReadWriteOnce"] } },
            replaces: [],
        },
    ];
    for (const { reason, before = {}, after, replaces } of cases) {
        it(`${replaces.length === 0 ? "replaces nothing" : "replaces"}: ${reason}`, () => {
            assert.deepEqual(importedImage.compare(state(before), inputs(after)), { replaces });
        });
    }
});
