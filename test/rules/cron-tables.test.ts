// Names of imports, when a source is due, and sources narrowed to one version: tables.
import * as assert from "node:assert/strict";
import type { DataVolumeSource } from "../../provider/model/objects.js";
import {
    childLabels,
    cronAnnotations,
    cronLabels,
    importName,
    importNameOnClass,
    kubevirtLabels,
} from "../../provider/rules/cron-names.js";
import { dueTime } from "../../provider/rules/due-time.js";
import { pinIn, pinnedTo } from "../../provider/rules/pinned-source.js";

const digest = `sha256:0123456789abcdef${"0".repeat(48)}`;
const metadata = (more: object = {}) => ({
    name: "cron",
    namespace: "default",
    uid: "1",
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...more,
});
const spec = { template: { spec: { source: {} } }, schedule: "0 */12 * * *", managedDataSource: "fedora" };

describe("the name of an import", () => {
    for (const [reason, dataSource, of, name] of [
        ["twelve of the digest", "fedora", digest, "fedora-0123456789ab"],
        ["a uid's, without a hyphen at its end", "fedora", "uid:01234567-89a-cdef", "fedora-01234567-89a"],
        ["a version's", "fedora", "version:abcdefabcdefabcd", "fedora-abcdefabcdef"],
    ] as const) {
        it(reason, () => {
            assert.equal(importName(dataSource, of), name);
        });
    }

    it("is a DNS label however long the DataSource's is, and another one for another DataSource", () => {
        const [one, other] = [importName("a".repeat(63), digest), importName(`${"a".repeat(62)}b`, digest)];
        for (const name of [one, other, importNameOnClass("a".repeat(63), digest, "fast")])
            assert.match(name, /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/);
        assert.notEqual(one, other);
    });

    it("on another class carries the class's, made fit for a label", () => {
        assert.equal(importNameOnClass("fedora", digest, "fast.example_1"), "fedora-0123456789ab-fast-example-1");
    });

    for (const [wrong, why] of [
        ["md5:0123456789abcdef", /Digest has no supported prefix/],
        ["0123456789abcdef", /Digest has no supported prefix/],
        ["sha256:0123", /Digest is too short/],
        ["sha256:", /Digest is too short/],
    ] as const) {
        it(`is refused for ${wrong}`, () => {
            assert.throws(() => importName("fedora", wrong), why);
        });
    }
});

describe("labels of what a cron makes", () => {
    const labels = {
        "instancetype.kubevirt.io/default-preference": "fedora",
        "kubevirt.io/dynamic-credentials-support": "true",
        "kubevirt.io.example.com/not-theirs": "x",
        team: "blue",
        [cronLabels.cron]: "another",
        [cronLabels.cleanup]: "true",
    };

    it("are KubeVirt's alone, and not whose cron the other one was", () => {
        assert.deepEqual(Object.keys(kubevirtLabels({ labels })), [
            "instancetype.kubevirt.io/default-preference",
            "kubevirt.io/dynamic-credentials-support",
        ]);
    });

    it("say whose it is, and whether it goes with the cron", () => {
        const of = (retentionPolicy: "All" | "None") =>
            childLabels({ metadata: metadata({ labels }), spec: { ...spec, retentionPolicy } });
        assert.equal(of("All")[cronLabels.cron], "cron");
        assert.deepEqual([of("All")[cronLabels.cleanup], of("None")[cronLabels.cleanup]], [undefined, "true"]);
    });
});

describe("a cron is due", () => {
    const at = (time: string): number => Date.parse(`2026-01-01T${time}:00Z`);
    const { lastCronTime, nextCronTime, failedCronTime } = cronAnnotations;
    for (const [reason, noted, now, due] of [
        ["at once where it never was asked", {}, "03:00", "03:00"],
        ["at the next tick after the last time", { [lastCronTime]: "03:00" }, "04:00", "12:00"],
        ["at once where a tick was missed", { [lastCronTime]: "03:00" }, "13:00", "12:00"],
        ["earlier where somebody has noted so", { [lastCronTime]: "03:00", [nextCronTime]: "05:00" }, "04:00", "05:00"],
        [
            "by its schedule where that has become denser than what was noted",
            { [lastCronTime]: "03:00", [nextCronTime]: "23:00" },
            "04:00",
            "12:00",
        ],
        ["at once where the clock was set back", { [lastCronTime]: "20:00" }, "04:00", "04:00"],
        [
            "when a failed first poll is to be tried again",
            { [failedCronTime]: "03:00", [nextCronTime]: "03:05" },
            "03:01",
            "03:05",
        ],
        [
            "when a failed poll is to be tried again, though its tick is over",
            { [lastCronTime]: "03:00", [failedCronTime]: "12:00", [nextCronTime]: "12:05" },
            "12:01",
            "12:05",
        ],
    ] as const) {
        it(reason, () => {
            const annotations = Object.fromEntries(
                Object.entries(noted).map(([key, time]) => [key, new Date(at(time)).toISOString()]),
            );
            assert.equal(
                new Date(dueTime({ spec, metadata: metadata({ annotations }) }, at(now))).toISOString(),
                new Date(at(due)).toISOString(),
            );
        });
    }
});

describe("a source of one version", () => {
    const cases: [string, DataVolumeSource, DataVolumeSource][] = [
        [
            "a tag becomes the digest",
            { registry: { url: "docker://quay.io/containerdisks/fedora:latest", secretRef: "login" } },
            { registry: { url: `docker://quay.io/containerdisks/fedora@${digest}`, secretRef: "login" } },
        ],
        [
            "a port is no tag",
            { registry: { url: "docker://localhost:5000/fedora" } },
            { registry: { url: `docker://localhost:5000/fedora@${digest}` } },
        ],
        [
            "a digest becomes the one wanted",
            { registry: { url: `docker://quay.io/fedora@sha256:${"f".repeat(64)}` } },
            { registry: { url: `docker://quay.io/fedora@${digest}` } },
        ],
        [
            "an archive is one file",
            { registry: { url: "oci-archive:/srv/fedora.tar" } },
            { registry: { url: "oci-archive:/srv/fedora.tar" } },
        ],
        [
            "http is held to the checksum, not to what is published by then",
            { http: { url: "https://x/y", checksumUrl: "https://x/SUMS" } },
            { http: { url: "https://x/y", checksum: digest } },
        ],
        [
            "a file is held to its checksum",
            { file: { path: "/srv/x.img" } },
            { file: { path: "/srv/x.img", checksum: digest } },
        ],
        ["a claim is what it is", { pvc: { namespace: "a", name: "b" } }, { pvc: { namespace: "a", name: "b" } }],
    ];
    for (const [reason, source, pinned] of cases) {
        it(reason, () => {
            assert.deepEqual(pinnedTo(digest, source), pinned);
        });
    }

    it("stays as it is for what is no digest of bytes", () => {
        const source = { http: { url: "https://x/y", checksumUrl: "https://x/SUMS" } };
        assert.deepEqual(pinnedTo("version:abcdefabcdef", source), source);
    });

    it("is one by itself where it names a digest", () => {
        assert.equal(pinIn({ registry: { url: `docker://quay.io/fedora@${digest}` } }), digest);
        assert.equal(pinIn({ registry: { url: "docker://quay.io/fedora:41" } }), undefined);
        assert.equal(pinIn({ http: { url: "https://x/y" } }), undefined);
    });
});
