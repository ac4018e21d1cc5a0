// A boot source as an entry of the platform's list: what is refused, what is written, and what of it is somebody else's.
import * as assert from "node:assert/strict";
import type { BootSourceSpec } from "../../provider/model/boot-source.js";
import type { DataImportCronTemplate } from "../../provider/model/objects.js";
import { placesOf } from "../../provider/rules/boot-source-objects.js";
import { isInForce, leadsTo, refusedByList, toListEntry, toListSpec } from "../../provider/rules/list-entry.js";
import { templateAnnotations } from "../../provider/rules/system-list.js";

const source = { registry: { url: "docker://quay.io/containerdisks/fedora:latest" } };
const spec = (more: Partial<BootSourceSpec> = {}): BootSourceSpec => ({ source, namespace: "images", ...more });
const places = placesOf(spec(), "mine");
const listSpec = (more: Partial<BootSourceSpec> = {}, ownList = false) =>
    toListSpec(spec(more), places, ownList, (path) => path);
const marks = { token: "t" };
const entry = (
    more: Partial<BootSourceSpec> = {},
    was: { there?: DataImportCronTemplate; before?: object } = {},
): DataImportCronTemplate =>
    toListEntry(spec(more), listSpec(more), places.cron, { there: was.there, before: was.before, marks });

describe("a boot source as an entry of the platform's list", () => {
    const refused: { reason: string; more: Partial<BootSourceSpec>; path: string }[] = [
        { reason: "its operator polls on the schedule alone", more: { updates: "reviewed" }, path: "updates" },
        { reason: "and holds no digest", more: { pin: `sha256:${"a".repeat(64)}` }, path: "pin" },
        { reason: "without a schedule nobody asks", more: { schedule: "" }, path: "schedule" },
        { reason: "CDI counts imports", more: { keepFor: "3d" }, path: "keepFor" },
        {
            reason: "the annotation is injected where it is absent",
            more: { bindImmediately: false },
            path: "bindImmediately",
        },
        { reason: "CDI's crons read no files", more: { source: { file: { path: "a.img" } } }, path: "source" },
        {
            reason: "a secret has no place in an object that many may read",
            more: { source: { registry: { ...source.registry, credentials: { accessKeyId: "a", secretKey: "b" } } } },
            path: "source.registry",
        },
    ];
    for (const { reason, more, path } of refused) {
        it(`is refused with what to do: ${reason}`, () => {
            const found = refusedByList(spec(more));
            assert.deepEqual(
                found.map((one) => one.path.join(".")),
                [path],
            );
            assert.match(found[0]?.reason ?? "", /; .*, or leave out carrier: "hyperConverged"$/);
        });
    }

    it("is not refused with a Secret that is named, or a claim of the cluster", () => {
        assert.deepEqual(refusedByList(spec({ source: { registry: { ...source.registry, secretRef: "mine" } } })), []);
        assert.deepEqual(refusedByList(spec({ source: { pvc: { namespace: "images", name: "golden" } } })), []);
    });

    it("says policy and number always: what is not said the platform sets to None and 1, and loses images by it", () => {
        const { retentionPolicy, importsToKeep } = listSpec({ retentionPolicy: "None" });
        assert.deepEqual([retentionPolicy, importsToKeep], ["All", 3]);
        assert.equal(listSpec({ importsToKeep: 2 }).importsToKeep, 2);
    });

    it("keeps what others wrote to its marks, and takes back what it no longer says", () => {
        const first = entry({ labels: { team: "a", tier: "gold" }, annotations: { note: "mine" } });
        assert.equal(first.metadata.annotations?.[templateAnnotations.bindImmediate], "true");
        const there: DataImportCronTemplate = {
            ...first,
            metadata: {
                ...first.metadata,
                labels: { ...first.metadata.labels, theirs: "x" },
                annotations: { ...first.metadata.annotations, [templateAnnotations.enable]: "false" },
            },
        };
        assert.ok(!isInForce(there));
        const before = { labels: { team: "a", tier: "gold" }, annotations: { note: "mine" } };
        const next = entry({ labels: { team: "b" } }, { there, before });
        assert.deepEqual(next.metadata.labels, { theirs: "x", team: "b" });
        assert.deepEqual(Object.keys(next.metadata.annotations ?? {}).sort(), [
            templateAnnotations.bindImmediate,
            "token",
        ]);
        assert.ok(isInForce(next));
    });

    it("stays as the server has it where that says the same, and drops a field that is no longer asked for", () => {
        const there = entry({ storage: { storageClassName: "fast", size: "5Gi" } });
        assert.equal(entry({ storage: { storageClassName: "fast", size: "5Gi" } }, { there }).spec, there.spec);
        const next = entry({ storage: { size: "5Gi" } }, { there });
        assert.equal(next.spec?.template.spec.storage?.storageClassName, undefined);
    });

    it("leads to its DataSource; an entry without a namespace is for the platform's own", () => {
        const [one] = [entry()];
        assert.ok(leadsTo(one, places.dataSource));
        const nowhere = { ...one, metadata: { name: "other" } };
        assert.ok(!leadsTo(nowhere, places.dataSource));
        assert.ok(leadsTo(nowhere, { namespace: "kubevirt-os-images", name: "mine" }));
    });
});
