// What the arguments of an imported image alone prove wrong: each with its path, in CDI's own words where CDI has some.
import * as assert from "node:assert/strict";
import { unknownValue } from "../../provider/model/unknown.js";
import type { Data } from "../../provider/resources/contract.js";
import { importedImage } from "../../provider/resources/imported-image.js";

const fedora =
    "https://download.fedoraproject.org/pub/fedora/linux/releases/28/Cloud/x86_64/images/Fedora-Cloud-Base-28-1.1.x86_64.qcow2";
const http = { http: { url: "https://images.example.com/fedora.qcow2" } };
const claim = { accessModes: ["ReadWriteOnce"], size: "1Gi" };
const refusal = (args: Data): string =>
    importedImage
        .parse(args)
        .failures.map(({ path, reason }) => `${path.join(".")}: ${reason}`)
        .join(" | ");

describe("the arguments of an imported image", () => {
    const refused: { reason: string; args: Data; says: string }[] = [
        { reason: "a source is needed", args: { source: {} }, says: "source: Missing Data volume source" },
        {
            reason: "one source alone",
            args: { source: { ...http, blank: {} }, storage: { size: "1Gi" } },
            says: "source: Multiple Data volume sources",
        },
        {
            reason: "one form of the disk alone",
            args: { source: http, storage: { size: "1Gi" }, pvc: claim },
            says: "pvc: Duplicate storage definition, both target storage and target pvc defined",
        },
        {
            reason: "a blank disk needs a size",
            args: { source: { blank: {} } },
            says: "storage.size: Storage size is missing",
        },
        {
            reason: "a plain claim needs a size",
            args: { source: http, pvc: { accessModes: ["ReadWriteOnce"] } },
            says: "pvc.size: PVC size is missing",
        },
        {
            reason: "nothing is smaller than 1 MiB",
            args: { source: http, storage: { size: "1000Ki" } },
            says: "storage.size: Storage size should be at least 1MiB",
        },
        {
            reason: "no disk is negative",
            args: { source: http, pvc: { ...claim, size: "-1Gi" } },
            says: "pvc.size: PVC size can't be equal or less than zero",
        },
        {
            reason: "a size is a quantity",
            args: { source: http, storage: { size: "5GB" } },
            says: 'storage.size: cannot read the size "5GB": it is not a quantity such as "5Gi", "500M" or "1073741824"',
        },
        {
            reason: "a plain claim has an access mode",
            args: { source: http, pvc: { size: "1Gi", accessModes: [] } },
            says: "pvc.accessModes: Required value: at least 1 access mode is required",
        },
        {
            reason: "a plain claim has one access mode",
            args: { source: http, pvc: { size: "1Gi", accessModes: ["ReadWriteOnce", "ReadWriteMany"] } },
            says: "pvc.accessModes: PVC multiple accessModes",
        },
        {
            reason: "an access mode is one that Kubernetes has",
            args: { source: http, storage: { accessModes: ["ReadWrite"] } },
            says: "storage.accessModes.0: it must be one of ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod",
        },
        {
            reason: "a URL is not empty",
            args: { source: { http: { url: "" } } },
            says: "source.http.url: spec.source source URL is empty",
        },
        {
            reason: "a URL has a form",
            args: { source: { http: { url: "fedora.qcow2" } } },
            says: "source.http.url: spec.source Invalid source URL: it needs the form https://server/path",
        },
        {
            reason: "a URL is http or https",
            args: { source: { http: { url: "ftp://example.com/x" } } },
            says: "source.http.url: spec.source Invalid source URL scheme: ftp:// (http and https are known)",
        },
        {
            reason: "credentials in a URL would be stored in plain text",
            args: { source: { http: { url: "https://me:hush@example.com/x" } } },
            says: "source.http.url: it holds credentials; give them in source.http.credentials, where they are kept secret",
        },
        {
            reason: "a checksum names its algorithm",
            args: { source: http, checksum: "abc" },
            says: "checksum: Invalid checksum format: invalid checksum format: expected 'algorithm:hash', got 'abc'",
        },
        {
            reason: "a checksum has the length of its algorithm",
            args: { source: { http: { ...http.http, checksum: "sha256:abc" } } },
            says: "source.http.checksum: Invalid checksum format: invalid sha256 hash length: expected 64 hex characters, got 3",
        },
        {
            reason: "a typo is met with what was meant",
            args: { source: http, storage: { storageclassname: "fast" } },
            says: 'storage.storageclassname: there is no such argument; did you mean "storageClassName"?',
        },
        {
            reason: "a name is longer than Kubernetes takes",
            args: { source: http, name: "a".repeat(254) },
            says: "name: Name cannot be longer than 253 characters",
        },
        {
            reason: "a format is one that is known",
            args: { source: http, format: "qed" },
            says: "format: it must be one of raw, qcow2, vdi, vpc, vhdx, vmdk",
        },
        {
            reason: "a number is a number",
            args: { source: http, timeoutSeconds: "60" },
            says: "timeoutSeconds: it must be a number",
        },
        {
            reason: "an object is an object",
            args: { source: http, storage: "5Gi" },
            says: "storage: it must be an object",
        },
        {
            reason: "a list is a list",
            args: { source: http, storage: { accessModes: "ReadWriteOnce" } },
            says: "storage.accessModes: it must be a list",
        },
        {
            reason: "a header cannot smuggle in a second one",
            args: { source: { http: { ...http.http, extraHeaders: ["X-A: 1\r\nX-B: 2"] } } },
            says: 'source.http.extraHeaders.0: it is not a header line "Name: value"',
        },
        {
            reason: "certificates are PEM",
            args: { source: { http: { ...http.http, caCertificates: "hello" } } },
            says: "source.http.caCertificates: it holds no PEM certificate",
        },
        {
            reason: "there is one place for credentials",
            args: {
                source: { http: { ...http.http, secretRef: "s", credentials: { accessKeyId: "a", secretKey: "b" } } },
            },
            says: "source.http.credentials: give credentials or secretRef, not both",
        },
    ];
    for (const { reason, args, says } of refused) {
        it(`are refused: ${reason}`, () => {
            assert.equal(refusal(args), says);
        });
    }

    it("are taken as CDI's templates have them, empty references included [Y707, Y709, Y710, Y711]", () => {
        const pvc = {
            accessModes: ["ReadWriteOnce"],
            resources: { requests: { storage: "2Gi" } },
            storageClassName: "local",
        };
        const source = {
            http: {
                url: fedora,
                secretRef: "",
                certConfigMap: "",
            },
        };
        assert.equal(refusal({ source, pvc }), "");
        assert.equal(
            importedImage.parse({ source, pvc }).spec?.source.http?.url,
            fedora,
            "a public qcow2 over https is taken as it stands",
        );
        assert.equal(
            importedImage.parse({ source, pvc }).spec?.pvc?.resources?.requests?.storage,
            "2Gi",
            "the size stands in pvc",
        );
        assert.equal(
            importedImage.parse({ source, pvc }).spec?.source.http?.secretRef,
            "",
            "an empty secretRef is none",
        );
        assert.equal(
            importedImage.parse({ source, pvc }).spec?.source.http?.certConfigMap,
            "",
            "so is an empty certConfigMap",
        );
    });

    it("may be unknown anywhere, and what is known is still checked", () => {
        for (const args of [
            { source: unknownValue },
            { source: { http: { url: unknownValue } }, timeoutSeconds: unknownValue, preallocation: unknownValue },
            { source: http, storage: { size: unknownValue, accessModes: unknownValue }, labels: unknownValue },
            { source: { blank: {} }, storage: unknownValue },
            { source: http, checksum: unknownValue, format: unknownValue, name: unknownValue, namespace: unknownValue },
        ]) {
            assert.equal(refusal(args), "", JSON.stringify(args));
        }
        const mixed = { source: { http: { url: unknownValue } }, storage: { size: "5GB" }, tiemout: 1 };
        assert.match(refusal(mixed), /storage\.size: cannot read the size "5GB"/);
        assert.match(refusal(mixed), /tiemout: there is no such argument/);
    });
});
