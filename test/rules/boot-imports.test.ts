// Which import is the one wanted, which forms it has, and which garbage collection takes: case by case.
import * as assert from "node:assert/strict";
import type { DataVolume, PersistentVolumeClaim, VolumeSnapshot } from "../../provider/model/objects.js";
import {
    type BootImport,
    durationOf,
    importsAmong,
    isOfVersion,
    isReady,
    outdatedImports,
    wantedOf,
} from "../../provider/rules/boot-imports.js";
import { cronAnnotations } from "../../provider/rules/cron-names.js";

const day = 86_400_000;
const metadata = (name: string, annotations: Record<string, string> = {}) => ({
    name,
    namespace: "default",
    uid: name,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
    annotations,
});
const volume = (name: string, status: DataVolume["status"], annotations = {}): DataVolume => ({
    metadata: metadata(name, annotations),
    spec: { source: {} },
    ...(status === undefined ? {} : { status }),
});
const claim = (name: string, storageClassName = "plain"): PersistentVolumeClaim => ({
    metadata: metadata(name),
    spec: { storageClassName },
});
const snapshot = (name: string, readyToUse: boolean, more: object = {}): VolumeSnapshot => ({
    metadata: { ...metadata(name), ...more },
    spec: { source: { persistentVolumeClaimName: name } },
    status: { readyToUse, storageClass: "fast" },
});
const among = (given: Partial<Parameters<typeof importsAmong>[0]>): BootImport[] =>
    importsAmong({
        volumes: [],
        claims: [],
        snapshots: [],
        whole: { claims: new Set(["one"]), snapshots: new Set(["one"]) },
        ...given,
    });

describe("the imports of a boot source", () => {
    const succeeded = { phase: "Succeeded", observedGeneration: 1 } as const;
    const orphan: PersistentVolumeClaim = {
        ...claim("one"),
        metadata: { ...metadata("one"), ownerReferences: [{ kind: "DataVolume", name: "one", uid: "gone" }] },
    };
    const noted = { ...snapshot("one", true), metadata: metadata("one", { [cronAnnotations.storageClass]: "noted" }) };
    const cases: { reason: string; found: BootImport[]; ready: boolean; storageClass?: string }[] = [
        {
            reason: "a claim whose import is done",
            found: among({ volumes: [volume("one", succeeded)], claims: [claim("one")] }),
            ready: true,
            storageClass: "plain",
        },
        {
            reason: "a claim without a DataVolume: it was adopted",
            found: among({ claims: [claim("one")] }),
            ready: true,
            storageClass: "plain",
        },
        {
            reason: "not a claim that is being filled",
            found: among({ volumes: [volume("one", { phase: "ImportInProgress" })], claims: [claim("one")] }),
            ready: false,
            storageClass: "plain",
        },
        {
            reason: "not a claim whose DataVolume asks for something else by now",
            found: among({
                volumes: [volume("one", { phase: "Succeeded", observedGeneration: 0 })],
                claims: [claim("one")],
            }),
            ready: false,
            storageClass: "plain",
        },
        {
            reason: "not a claim whose disk is gone",
            found: among({ claims: [claim("one")], whole: { claims: new Set(), snapshots: new Set() } }),
            ready: false,
            storageClass: "plain",
        },
        {
            reason: "a snapshot that is ready, of the class that it was taken in",
            found: among({ snapshots: [snapshot("one", true)] }),
            ready: true,
            storageClass: "fast",
        },
        {
            reason: "not one that is not ready",
            found: among({ snapshots: [snapshot("one", false)] }),
            ready: false,
            storageClass: "fast",
        },
        {
            reason: "not a claim whose DataVolume has gone before it: it may hold half an image",
            found: among({ claims: [orphan] }),
            ready: false,
            storageClass: "plain",
        },
        {
            reason: "a snapshot whose class is only noted: a platform's own does not say",
            found: among({ snapshots: [{ ...noted, status: { readyToUse: true } }] }),
            ready: true,
            storageClass: "noted",
        },
        { reason: "not a DataVolume alone", found: among({ volumes: [volume("one", succeeded)] }), ready: false },
    ];
    for (const { reason, found, ready, storageClass } of cases) {
        it(reason, () => {
            const [one] = found;
            assert.ok(one && found.length === 1);
            assert.deepEqual([isReady(one), one.storageClass], [ready, storageClass]);
        });
    }

    it("are none of what is being deleted", () => {
        const going = snapshot("one", true, { deletionTimestamp: "2026-01-02T00:00:00Z" });
        assert.deepEqual(among({ snapshots: [going] }), []);
    });

    it("are none of what CDI works with: half a clone has the labels and notes of the claim that it is for", () => {
        const labels = { "cdi.kubevirt.io/OwnedByUID": "one" };
        const owner = { kind: "PersistentVolumeClaim", name: "one", uid: "one" };
        const clone: PersistentVolumeClaim = { ...claim("one"), metadata: { ...metadata("one"), labels } };
        const prime: PersistentVolumeClaim = {
            ...claim("one"),
            metadata: { ...metadata("one"), ownerReferences: [owner] },
        };
        assert.deepEqual(among({ claims: [clone] }), []);
        assert.deepEqual(among({ claims: [prime] }), []);
        assert.deepEqual(among({ snapshots: [snapshot("one", true, { labels })] }), []);
    });

    it("come in the order of their last use, and by name where that is the same", () => {
        const used = (name: string, time?: string): PersistentVolumeClaim => ({
            ...claim(name),
            metadata: metadata(name, time === undefined ? {} : { [cronAnnotations.lastUseTime]: time }),
        });
        const claims = [
            used("b"),
            used("a"),
            used("late", "2026-02-01T00:00:00Z"),
            used("early", "2025-01-01T00:00:00Z"),
        ];
        assert.deepEqual(
            among({ claims }).map(({ name }) => name),
            ["late", "a", "b", "early"],
        );
    });
});

describe("garbage collection", () => {
    const now = Date.parse("2026-06-01T00:00:00Z");
    const imports = [1, 2, 3, 4, 5].map((age): BootImport => ({
        name: `import-${age}`,
        claim: claim(`import-${age}`),
        storageClass: "plain",
        digests: [],
        lastUsed: now - age * 10 * day,
    }));
    const cron = (more: object) => ({
        spec: { template: { spec: { source: {} } }, schedule: "", managedDataSource: "fedora", ...more },
    });
    for (const [reason, spec, spared, gone] of [
        ["keeps three where nothing is said", {}, [], [4, 5]],
        ["keeps as many as it is told", { importsToKeep: 1 }, [], [2, 3, 4, 5]],
        [
            "keeps the current one whatever it is told (CDI: a loop of downloads)",
            { importsToKeep: 0 },
            [],
            [2, 3, 4, 5],
        ],
        ["keeps all where it is never to run", { garbageCollect: "Never", importsToKeep: 1 }, [], []],
        ["spares what others need", { importsToKeep: 1 }, [3], [2, 4, 5]],
        ["spares the young", { importsToKeep: 1, keepFor: "35d" }, [], [4, 5]],
        ["keeps so many of the old ones too", { importsToKeep: 4, keepFor: "1d" }, [], [5]],
    ] as const) {
        it(reason, () => {
            const names = new Set(spared.map((age) => `import-${age}`));
            const found = outdatedImports(imports, cron(spec), names, now).map(({ name }) => name);
            assert.deepEqual(
                found,
                gone.map((age) => `import-${age}`),
            );
        });
    }

    it("does not count what never came in", () => {
        const [first, ...others] = imports;
        assert.ok(first);
        const found = outdatedImports(
            [{ ...first, claim: undefined }, ...others],
            cron({ importsToKeep: 4 }),
            new Set(),
            now,
        );
        assert.deepEqual(found, []);
    });
});

describe("the version wanted", () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const cron = (annotations: Record<string, string>) => ({
        metadata: metadata("cron", annotations),
        spec: { template: { spec: { source: {} } }, schedule: "", managedDataSource: "fedora" },
    });
    const known = (digests: readonly string[], name = "other"): BootImport => ({
        name,
        digests,
        storageClass: undefined,
        lastUsed: 0,
    });

    it("is none before the first poll", () => {
        assert.equal(wantedOf(cron({})), undefined);
        assert.equal(wantedOf(cron({ [cronAnnotations.desiredDigest]: "" })), undefined);
    });

    it("is known by its other digests, but not by those of a version that was wanted before it", () => {
        const others = (first: string): string => JSON.stringify([first, "sha256:manifest"]);
        const of = (first: string) =>
            wantedOf(cron({ [cronAnnotations.desiredDigest]: digest, [cronAnnotations.alsoKnownAs]: others(first) }));
        assert.deepEqual(of(digest)?.alsoKnownAs, ["sha256:manifest"]);
        assert.deepEqual(of("sha256:earlier")?.alsoKnownAs, [], "a hand has written the digest since");
    });

    it("is found by any digest, and by its name where nothing is noted", () => {
        const wanted = { managedDataSource: "fedora", digest, alsoKnownAs: ["sha256:manifest"] };
        assert.equal(isOfVersion(known([digest]), wanted), true);
        assert.equal(isOfVersion(known(["sha256:manifest"]), wanted), true);
        assert.equal(isOfVersion(known(["sha256:other"]), wanted), false);
        assert.equal(isOfVersion(known([], `fedora-${"a".repeat(12)}`), wanted), true);
        assert.equal(
            isOfVersion(known(["sha256:other"], `fedora-${"a".repeat(12)}`), wanted),
            false,
            "a note counts more",
        );
    });

    it("a time to keep is a number and a unit", () => {
        const read = ["90m", "12h", "30d", "2w"].map((text) => durationOf(text) / 60_000);
        assert.deepEqual(read, [90, 720, 43_200, 20_160]);
        for (const wrong of ["", "30", "d", "-1d", "1.5d", "30 d", "1y"])
            assert.ok(Number.isNaN(durationOf(wrong)), wrong);
    });
});
