// Which crons are CDI's, and what a boot source may ask for on a cluster whose importer does the work.
import * as assert from "node:assert/strict";
import type { BootSourceSpec } from "../../provider/model/boot-source.js";
import { isPlatformsCron, refusedByCdiCron } from "../../provider/rules/cdi-cron.js";

describe("a boot source on CDI", () => {
    const platformCrons = ["registry", "pvc"];
    const url = "https://example.org/fedora.img";
    const pin = `sha256:${"a".repeat(64)}`;

    it("is CDI's to poll where it comes from a registry or a claim; a store has no such platform", () => {
        const sources = [
            [{ registry: { url: "docker://quay.io/fedora" } }, true],
            [{ pvc: { name: "golden" } }, true],
            [{ http: { url } }, false],
            [{ s3: { url } }, false],
            [{ gcs: { url: "gs://images/fedora.img" } }, false],
            [{ snapshot: { name: "golden" } }, false],
        ] as const;
        for (const [source, theirs] of sources) {
            assert.equal(isPlatformsCron(source, platformCrons), theirs, JSON.stringify(source));
            assert.equal(isPlatformsCron(source, []), false);
        }
    });

    const cases: { reason: string; spec: Partial<BootSourceSpec>; refused?: RegExp }[] = [
        {
            reason: "its published checksum is read by us, and the sum itself given to CDI",
            spec: { source: { http: { url, checksumUrl: `${url}.sha256` } } },
        },
        { reason: "imports are kept for a time, since we collect them", spec: { keepFor: "30d" } },
        { reason: "a pin of an image behind http is checked by CDI", spec: { pin } },
        { reason: "a snapshot's size is its own", spec: { source: { snapshot: { name: "golden" } }, storage: {} } },
        {
            reason: "an image of S3 cannot be held to a pin",
            spec: { source: { s3: { url } }, pin },
            refused: /checks the bytes of http sources alone/,
        },
        {
            reason: "CDI makes a claim before it knows the image",
            spec: { storage: {} },
            refused: /Storage size is missing/,
        },
        {
            reason: "a registry's images are kept by their number",
            spec: { source: { registry: { url: "docker://quay.io/fedora" } }, keepFor: "30d" },
            refused: /use importsToKeep/,
        },
    ];
    for (const { reason, spec, refused } of cases) {
        it(`${refused === undefined ? "may be" : "is refused"}: ${reason}`, () => {
            const asked = { source: { http: { url } }, storage: { size: "1Gi" }, ...spec } as BootSourceSpec;
            const said = refusedByCdiCron(asked)
                .map((one) => one.reason)
                .join();
            assert.match(said, refused ?? /^$/);
        });
    }
});
