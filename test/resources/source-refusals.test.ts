// What the arguments of each source alone prove wrong, in CDI's own words where CDI has some.
import * as assert from "node:assert/strict";
import type { Data } from "../../provider/resources/contract.js";
import { importedImage } from "../../provider/resources/imported-image.js";

const http = { http: { url: "https://images.example.com/fedora.qcow2" } };
const digest = `sha256:${"a".repeat(64)}`;
const keys = { accessKeyId: "a", secretKey: "b" };

describe("the source of an imported image", () => {
    const refused: { reason: string; args: Data; says: string }[] = [
        {
            reason: "a registry's image has one name",
            args: { source: { registry: {} } },
            says: "source.registry: Source registry should have either URL or ImageStream",
        },
        {
            reason: "an ImageStream is pulled by its node",
            args: { source: { registry: { imageStream: "rhel" } } },
            says: "source.registry.imageStream: Source registry ImageStream is supported only with node pull import method",
        },
        {
            reason: "a registry is reached by docker:// or an archive",
            args: { source: { registry: { url: "quay.io/a/b" } } },
            says: "source.registry.url: Illegal registry source URL scheme (none): write docker://host/name:tag, or oci-archive:path",
        },
        {
            reason: "a digest is whole",
            args: { source: { registry: { url: "docker://quay.io/a@sha256:12" } } },
            says: 'source.registry.url: Illegal registry source URL docker://quay.io/a@sha256:12: behind "@" stands "sha256:" and 64 hex digits',
        },
        {
            reason: "who pulls is one of two",
            args: { source: { registry: { url: "docker://quay.io/a", pullMethod: "vm" } } },
            says: 'source.registry.pullMethod: ImportMethod vm is neither pod, node or ""',
        },
        {
            reason: "a registry has one place for credentials",
            args: { source: { registry: { url: "docker://quay.io/a", credentials: keys, dockerConfigJson: "{}" } } },
            says: "source.registry.dockerConfigJson: give dockerConfigJson or credentials, not both",
        },
        {
            reason: "a docker config is JSON, and is not repeated",
            args: { source: { registry: { url: "docker://quay.io/a", dockerConfigJson: "hush" } } },
            says: "source.registry.dockerConfigJson: it is not JSON",
        },
        {
            reason: "a docker config is an object",
            args: { source: { registry: { url: "docker://quay.io/a", dockerConfigJson: '["hush"]' } } },
            says: "source.registry.dockerConfigJson: it is not the content of a docker config.json",
        },
        {
            reason: "so are Google's credentials",
            args: { source: { gcs: { url: "gs://bucket/key", credentialsJson: '"hush"' } } },
            says: "source.gcs.credentialsJson: it is not the content of a credentials.json",
        },
        {
            reason: "who asks without credentials has none",
            args: { source: { s3: { url: "s3://bucket/key", credentials: keys, anonymous: true } } },
            says: "source.s3.anonymous: give anonymous or credentials, not both",
        },
        {
            reason: "an archive is no containerdisk [M34]",
            args: { source: { registry: { url: "docker://quay.io/a" } }, contentType: "archive" },
            says: "contentType: ContentType must be kubevirt when Source is Registry",
        },
        {
            reason: "nothing is no archive",
            args: { source: { blank: {} }, contentType: "archive", storage: { size: "1Gi" } },
            says: "contentType: SourceType cannot be blank and the contentType be archive",
        },
        {
            reason: "an archive needs a filesystem [B10]",
            args: { source: http, contentType: "archive", storage: { volumeMode: "Block" } },
            says: "storage.volumeMode: ContentType Archive cannot have block volumeMode",
        },
        {
            reason: "an archive has no disk format",
            args: { source: http, contentType: "archive", format: "raw" },
            says: "format: it is a disk image's, and an archive is none; leave it out",
        },
        {
            reason: "content is one of two kinds",
            args: { source: http, contentType: "iso" },
            says: "contentType: ContentType not one of: kubevirt, archive",
        },
        {
            reason: "a clone names a claim",
            args: { source: { pvc: { namespace: "default" } } },
            says: "source.pvc.name: it is missing",
        },
        {
            reason: "a clone of a snapshot names it",
            args: { source: { snapshot: { namespace: "a/b", name: "" } } },
            says: [
                "source.snapshot.namespace: spec.source.Snapshot source snapshot is not valid: no namespace",
                "source.snapshot.name: spec.source.Snapshot source snapshot is not valid: no name",
            ].join(" | "),
        },
        {
            reason: "nobody serves the bytes of a snapshot",
            args: { source: { snapshot: { name: "a" } }, checksum: digest },
            says: "checksum: a clone has no bytes served to check",
        },
        {
            reason: "a checksum is said once",
            args: {
                source: { http: { ...http.http, checksumUrl: "https://example.com/SHA256SUMS" } },
                checksum: digest,
            },
            says: "source.http.checksumUrl: give checksumUrl or checksum, not both",
        },
        {
            reason: "a clone has another name than what it clones",
            args: { source: { pvc: { name: "a" } }, name: "a" },
            says: "source.pvc.name: a claim is no clone of itself; name another one, or change this image's name",
        },
        {
            reason: "nobody serves the bytes of a clone",
            args: { source: { pvc: { name: "a" } }, checksum: digest },
            says: "checksum: a clone has no bytes served to check",
        },
        {
            reason: "a checksum is said or published, not both",
            args: { source: { http: { ...http.http, checksum: digest, checksumUrl: "https://a/SHA256SUMS" } } },
            says: "source.http.checksumUrl: give checksumUrl or checksum, not both",
        },
        {
            reason: "oVirt's disks come by another way, which is named",
            args: { source: { imageio: { url: "https://ovirt/ovirt-engine/api", diskId: "1" } } },
            says:
                "source.imageio: imageio (oVirt) is not imported here; have oVirt export the disk (or download it with its imageio " +
                "client), and name the file in source.upload or serve it for source.http",
        },
        {
            reason: "VMware's disks come by another way, which is named",
            args: { source: { vddk: { url: "https://vcenter", uuid: "1" } } },
            says:
                "source.vddk: vddk needs VMware's own library, which may not be shipped; export the machine as OVF (ovftool, " +
                "govc export.ovf), convert its disk to qcow2 with qemu-img, and name it in source.upload or serve it for source.http",
        },
    ];
    for (const { reason, args, says } of refused) {
        it(`is refused: ${reason}`, () => {
            const { failures } = importedImage.parse(args);
            assert.equal(failures.map(({ path, reason: why }) => `${path.join(".")}: ${why}`).join(" | "), says);
        });
    }

    it("is taken as CDI's templates have it, whichever it is", () => {
        for (const source of [
            {
                registry: {
                    url: "docker://quay.io/containerdisks/fedora:42",
                    pullMethod: "node",
                    secretRef: "",
                    certConfigMap: "",
                },
            },
            { registry: { imageStream: "rhel", pullMethod: "node", platform: { architecture: "arm64" } } },
            { s3: { url: "https://s3.example.com/bucket/key", secretRef: "keys", certConfigMap: "corp" } },
            { gcs: { url: "gs://bucket/key", secretRef: "keys" } },
            { upload: { path: "disk.qcow2" } },
            { pvc: { namespace: "golden", name: "fedora" } },
        ]) {
            assert.deepEqual(
                importedImage.parse({ source, storage: { size: "5Gi" } }).failures,
                [],
                JSON.stringify(source),
            );
        }
    });
});
