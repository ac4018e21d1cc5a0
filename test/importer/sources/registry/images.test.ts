// Which images are taken and which are not: manifests, indexes, architectures, labels, and archives of them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { RegistrySpec } from "../../../../provider/importer/contract.js";
import {
    descriptorOf,
    makeBlob,
    makeContainer,
    makeContainerdisk,
    makeIndex,
    makeOciArchive,
    type Containerdisk,
    type ContainerdiskOptions,
} from "../../../images/containerdisk.js";
import { makeDisk } from "../../../images/disk.js";
import { makeTar } from "../../../images/tar.js";
import { requireTool } from "../../../tools.js";
import { sha256, Workspace } from "../../workspace.js";

const disk = makeDisk(300_000, { seed: 91 });
const plain = makeContainerdisk(disk);

describe("a container image", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const archive = (image: Containerdisk, architecture: string | undefined = "amd64"): RegistrySpec => {
        const path = space.write("image.tar", makeOciArchive({ one: image }));
        return { kind: "registry", url: `oci-archive:${path}`, architecture };
    };
    const manifestOf = (bytes: object): Containerdisk => ({
        manifest: makeBlob("application/vnd.oci.image.manifest.v1+json", Buffer.from(JSON.stringify(bytes))),
        blobs: plain.blobs,
    });
    const spoilt = (spoil: ContainerdiskOptions["spoil"]): Containerdisk =>
        makeContainerdisk(disk, spoil === undefined ? {} : { spoil });
    const layerType = (mediaType: string): Containerdisk =>
        spoilt((manifest) => Object.assign((manifest["layers"] as object[])[0] ?? {}, { mediaType }));
    const configType = (mediaType: string): Containerdisk =>
        spoilt((manifest) => Object.assign(manifest["config"] as object, { mediaType }));

    for (const [reason, code, message, image, architecture] of [
        [
            "for another machine",
            "unsupported-image",
            /manifest image architecture: "amd64" doesn't match requested architecture: "arm64"; ask/,
            plain,
            "arm64",
        ],
        [
            "whose index lacks the machine",
            "not-found",
            /for architecture "s390x", OS "linux"; it has linux\/amd64, linux\/arm64: ask/,
            makeIndex({ amd64: plain, arm64: plain }),
            "s390x",
        ],
        ["whose index holds attestations alone", "not-found", /no image found/, makeIndex({}), "amd64"],
        [
            "of schema 1",
            "unsupported-image",
            /schema 1, which registries gave up/,
            manifestOf({ schemaVersion: 1, fsLayers: [] }),
            "amd64",
        ],
        [
            "that is a manifest and an index at once",
            "unexpected-response",
            /what stands for its manifest is none/,
            spoilt((manifest) => (manifest["manifests"] = [])),
            "amd64",
        ],
        [
            "that calls itself an index and is none",
            "unexpected-response",
            /is none/,
            spoilt((manifest) => (manifest["mediaType"] = "application/vnd.oci.image.index.v1+json")),
            "amd64",
        ],
        [
            "that is a Helm chart",
            "unsupported-image",
            /it is a Helm chart, not a container image/,
            configType("application/vnd.cncf.helm.config.v1+json"),
            "amd64",
        ],
        [
            "that is an artifact of any kind",
            "unsupported-image",
            /an artifact of type "application\/vnd\.oci\.empty\.v1\+json"/,
            configType("application/vnd.oci.empty.v1+json"),
            "amd64",
        ],
        [
            "with an encrypted layer",
            "unsafe-image",
            /one of its layers is encrypted/,
            layerType("application/vnd.oci.image.layer.v1.tar+gzip+encrypted"),
            "amd64",
        ],
        [
            "with a layer that lies elsewhere",
            "unsupported-image",
            /kept outside of the registry/,
            layerType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
            "amd64",
        ],
        [
            "that is a bootable container",
            "unsupported-image",
            /it is a bootc image \(label containers\.bootc\)/,
            makeContainerdisk(disk, { labels: { "containers.bootc": "1" } }),
            "amd64",
        ],
        [
            "that is an ostree system",
            "unsupported-image",
            /label ostree\.commit/,
            makeContainerdisk(disk, { labels: { "ostree.commit": "abc" } }),
            "amd64",
        ],
        [
            "with a digest that nobody can check",
            "unsupported-image",
            /another digest than sha256/,
            spoilt((manifest) => Object.assign((manifest["layers"] as object[])[0] ?? {}, { digest: "md5:00" })),
            "amd64",
        ],
        [
            "with a layer that is smaller than its manifest says",
            "checksum-mismatch",
            /where its manifest says/,
            spoilt((manifest) => Object.assign((manifest["layers"] as object[])[0] ?? {}, { size: 10 ** 7 })),
            "amd64",
        ],
        [
            "with a layer that is larger than its manifest says",
            "checksum-mismatch",
            /more than 10 bytes/,
            spoilt((manifest) => Object.assign((manifest["layers"] as object[])[0] ?? {}, { size: 10 })),
            "amd64",
        ],
        [
            "whose parts are missing",
            "truncated",
            /is not in the archive; make it again/,
            { ...plain, blobs: plain.blobs.slice(0, 1) },
            "amd64",
        ],
    ] as const) {
        it(`is refused ${reason}`, async () => {
            const error = await space.refused({ source: archive(image, architecture) });
            assert.equal(error.code, code, error.message);
            assert.match(error.message, message);
            assert.equal(error.terminal, true);
        });
    }

    it("is refused where its index leads round in circles", async () => {
        let image = makeIndex({ amd64: plain });
        for (let depth = 0; depth < 3; depth += 1)
            image = makeIndex({ amd64: { ...image, blobs: [...image.blobs, ...plain.blobs] } });
        const error = await space.refused({ source: archive(image) });
        assert.match(error.message, /its index leads to an index again and again/);
    });

    it("is taken where it does not say for which machine it is, and where the types of its layers are wrong", async () => {
        for (const image of [
            makeContainerdisk(disk, { architecture: undefined }),
            layerType("application/vnd.oci.image.layer.v1.tar"),
            layerType("application/octet-stream"),
        ]) {
            await space.import({ source: archive(image) });
            assert.equal(sha256(space.target), sha256(disk));
        }
    });

    it("is the one for this machine where no architecture is asked for", async () => {
        const mine = { x64: "amd64" }[process.arch as string] ?? process.arch;
        const elsewhere = makeContainerdisk(makeDisk(100_000), { architecture: "another" });
        const image = makeContainerdisk(disk, { architecture: mine });
        const source = { ...archive(makeIndex({ another: elsewhere, [mine]: image })), architecture: undefined };
        await space.import({ source });
        assert.equal(sha256(space.target), sha256(disk));
    });

    it("asks for labels by its environment, as CDI reads it; what is no label is left out", async () => {
        const environment = [
            "INSTANCETYPE_KUBEVIRT_IO_DEFAULT_INSTANCETYPE=u1.medium",
            "INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE_KIND=VirtualMachinePreference",
            "OS_TEMPLATE_KUBEVIRT_IO_NAME=",
            "INSTANCETYPE_KUBEVIRT_IO_BAD=two words",
            "KUBEVIRT_IO_NOTHING=1",
            "PATH=/usr/bin",
        ];
        const imported = await space.import({ source: archive(makeContainerdisk(disk, { environment })) });
        assert.deepEqual(imported.container?.labels, {
            "instancetype.kubevirt.io/default-instancetype": "u1.medium",
            "instancetype.kubevirt.io/default-preference-kind": "VirtualMachinePreference",
            "os.template.kubevirt.io/name": "",
        });
    });

    it("is picked out of an archive by its tag; without one there must be no choice", async () => {
        const other = makeContainerdisk(makeDisk(100_000, { seed: 92 }));
        const path = space.write("many.tar", makeOciArchive({ one: plain, two: other }));
        const source = (url: string): RegistrySpec => ({ kind: "registry", url, architecture: "amd64" });
        await space.import({ source: source(`oci-archive:${path}:one`) });
        assert.equal(sha256(space.target), sha256(disk));
        const ambiguous = await space.refused({ source: source(`oci-archive:${path}`) });
        assert.equal(ambiguous.code, "invalid-argument");
        assert.match(ambiguous.message, /has 2 images; say which one \(oci-archive:path:tag\), its tags: one, two$/);
        const missing = await space.refused({ source: source(`oci-archive:${path}:three`) });
        assert.match(missing.message, /has no image with the tag "three"; its tags: one, two$/);
        const nowhere = await space.refused({ source: source(`oci-archive:${path}.not`) });
        assert.equal(nowhere.code, "not-found");
    });

    it("is not taken out of archives of other kinds, and it is said how to convert them", async function () {
        const gzip = requireTool(this, "gzip");
        const saved = makeTar([{ path: "manifest.json", bytes: Buffer.from("[]") }]);
        const something = makeTar([{ path: "disk/disk.img", bytes: disk }]);
        for (const [bytes, code, message] of [
            [saved, "unsupported-image", /docker save from before version 25.+skopeo copy/],
            [something, "unsupported-image", /without an OCI layout \(index\.json\); write it with skopeo/],
            [Buffer.alloc(2000, 7), "not-an-image", /it is not a tar archive/],
            [execFileSync(gzip, ["-c"], { input: something }), "not-an-image", /it is not a tar archive/],
        ] as const) {
            const url = `oci-archive:${space.write("other.tar", bytes)}`;
            const error = await space.refused({ source: { kind: "registry", url } });
            assert.equal(error.code, code, error.message);
            assert.match(error.message, message);
        }
    });

    it("may have layers that its disk needs nothing of, up to ones that are no archive at all", async () => {
        const image = makeContainer([[], [{ path: "disk/disk.img", bytes: disk }]]);
        const noise = makeBlob("application/vnd.oci.image.layer.v1.tar+gzip", Buffer.from("noise"));
        const manifest = JSON.parse(image.manifest.bytes.toString()) as { layers: unknown[] };
        await space.import({ source: archive(image) });
        assert.equal(sha256(space.target), sha256(disk));
        manifest.layers[0] = descriptorOf(noise);
        const broken = { ...manifestOf(manifest), blobs: [...image.blobs, noise] };
        assert.equal((await space.refused({ source: archive(broken) })).code, "not-an-image");
    });
});
