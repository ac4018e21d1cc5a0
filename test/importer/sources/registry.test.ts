// Containerdisks out of the real registry: the suite of sources over each of its set-ups, and whole imports of every kind of disk.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { RegistrySpec } from "../../../provider/importer/contract.js";
import { openSource } from "../../../provider/importer/sources/index.js";
import { makeContainerdisk, makeIndex, makeOciArchive, type Containerdisk } from "../../images/containerdisk.js";
import { makeDisk } from "../../images/disk.js";
import { makeQcow2 } from "../../images/qcow2.js";
import { makeCertificates } from "../../servers/certificates.js";
import { startFakeRegistry, type FakeBehaviour, type FakeRegistry } from "../../servers/fake-registry.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { registryLogin, startRegistry, type Registry, type RegistryOptions } from "../../servers/registry.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace } from "../workspace.js";
import { describeSource, type Hindrance, type SourceStage } from "./describe-source.js";

type Given = Partial<RegistrySpec>;
const architecture = "amd64";

/** The suite's stage over the real registry; what needs a misbehaving one is done by a fake. */
async function stageOf(registry: Registry, given: Given): Promise<SourceStage> {
    const options = { clock: new HurryClock(), attempts: 3 };
    const open = (url: string, more: Given = {}) =>
        openSource({ kind: "registry", url, architecture, ...given, ...more }, options);
    const push = (bytes: Uint8Array): Promise<string> =>
        registry.push("disks/image", "latest", makeContainerdisk(bytes));
    const fakes: FakeRegistry[] = [];
    const fake = async (bytes: Uint8Array, behaviour: FakeBehaviour): Promise<string> => {
        const started = await startFakeRegistry(behaviour);
        fakes.push(started);
        return started.hold("disks/image", "latest", makeContainerdisk(bytes));
    };
    const wrong = { username: "disk", password: "s3cret-but-wrong" };
    const hinder = async (how: Hindrance, bytes: Uint8Array) => {
        const half = 100_000;
        switch (how) {
            case "login":
            case "own-ca":
                return open(await push(bytes));
            case "denied":
                return open(await push(bytes), wrong);
            case "untrusted":
                return open(await push(bytes), { caCertificates: undefined });
            case "cut":
                return open(await fake(bytes, { cuts: [half] }), { insecure: true });
            case "truncated": {
                const cuts = Array.from({ length: 99 }, () => half);
                return open(await fake(bytes, { cuts, ignoresRanges: true }), { insecure: true });
            }
            case "redirected": {
                const other = await startFakeRegistry({});
                fakes.push(other);
                other.hold("disks/image", "latest", makeContainerdisk(bytes));
                const elsewhere = (digest: string): string => `${other.url}/v2/disks/image/blobs/${digest}`;
                return open(await fake(bytes, { elsewhere }), { insecure: true });
            }
            case "replaced": {
                const other = makeContainerdisk(makeDisk(bytes.length, { seed: 12 })).blobs[1];
                const [, layer] = makeContainerdisk(bytes).blobs;
                assert.ok(other !== undefined && layer !== undefined);
                const lies = new Map([[`/v2/disks/image/blobs/${layer.digest}`, { bytes: other.bytes, times: 1 }]]);
                return open(await fake(bytes, { lies, cuts: [half] }), { insecure: true });
            }
        }
    };
    return Promise.resolve({
        publish: async (bytes) => open(await push(bytes)),
        missing: () => Promise.resolve(open(`docker://${registry.host}/disks/missing:latest`)),
        spec: async (bytes) => ({ kind: "registry", url: await push(bytes), architecture, ...given }),
        hinder,
        close: async () => {
            await Promise.all(fakes.map((one) => one.close()));
            await registry.close();
        },
    });
}

const start = (context: Mocha.Context, options?: RegistryOptions): Promise<Registry> =>
    startRegistry(requireTool(context, "docker-registry"), options);
const knows = { size: false, ranges: false };

describeSource("registry, without TLS", async (context) => stageOf(await start(context), { insecure: true }), {
    knows,
    imports: true,
    hindrances: ["cut", "truncated", "replaced", "redirected"],
});
describeSource(
    "registry, with a certificate authority and a password of its own [C41]",
    async (context) => {
        const tls = makeCertificates(requireTool(context, "openssl"));
        const registry = await start(context, { tls, login: true });
        return stageOf(registry, { caCertificates: tls.ca, ...registryLogin });
    },
    { knows, imports: true, hindrances: ["login", "denied", "own-ca", "untrusted"] },
);

describe("a containerdisk out of a registry", function () {
    this.timeout(60_000);
    const disk = makeDisk(6_000_000, { seed: 61 });
    const iso = Buffer.from(disk);
    iso.write("\x01CD001\x01", 0x8000, "latin1");
    let registry: Registry | undefined;
    let space: Workspace;
    before(async function () {
        registry = await start(this);
    });
    after(() => registry?.close());
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const push = async (tag: string, image: Containerdisk): Promise<RegistrySpec> => {
        assert.ok(registry !== undefined);
        return { kind: "registry", url: await registry.push("disks", tag, image), insecure: true, architecture };
    };

    for (const [what, format, codecs, file, expected] of [
        ["qcow2 [M10]", "qcow2", [], makeQcow2(disk), disk],
        [
            "qcow2 in compressed clusters with its tables behind them",
            "qcow2",
            [],
            makeQcow2(disk, { compression: "zlib", lateTables: true }),
            disk,
        ],
        ["qcow2 inside gzip [M11]", "qcow2", ["gz"], gzipSync(makeQcow2(disk)), disk],
        ["qcow2 inside zstd", "qcow2", ["zst"], zstdCompressSync(makeQcow2(disk)), disk],
        ["raw [M25]", "raw", [], disk, disk],
        ["raw inside gzip [M26]", "raw", ["gz"], gzipSync(disk), disk],
        ["ISO", "raw", [], iso, iso],
    ] as const) {
        it(`is the disk, and never its packaging, out of every kind of layer: ${what}`, async () => {
            for (const [compression, docker] of [
                ["gzip", false],
                ["zstd", false],
                ["none", false],
                ["gzip", true],
            ] as const) {
                const image = makeContainerdisk(file, { compression, docker });
                const imported = await space.import({
                    source: await push(`${compression}-${String(docker)}`, image),
                });
                assert.equal(sha256(space.target), sha256(expected), compression);
                assert.deepEqual([imported.format, imported.codecs], [format, codecs]);
                assert.equal(imported.digest, image.manifest.digest);
                assert.equal(imported.sourceSize, file.length);
            }
        });
    }

    it("is never a disk of xz bytes: what lies inside is the disk [M12, M27]", async function () {
        const xz = requireTool(this, "xz");
        for (const file of [makeQcow2(disk), disk]) {
            const packed = execFileSync(xz, ["-0", "-c"], { input: file, maxBuffer: 2 ** 26 });
            const source = await push("xz", makeContainerdisk(packed));
            assert.deepEqual((await space.import({ source })).codecs, ["xz"]);
            assert.equal(sha256(space.target), sha256(disk));
        }
    });

    it("is taken from an index by its architecture, and both digests are kept because pollers record either", async () => {
        const other = makeContainerdisk(makeDisk(2_000_000, { seed: 62 }), { architecture: "arm64" });
        const mine = makeContainerdisk(makeQcow2(disk), {
            environment: ["INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE=fedora", "PATH=/bin"],
        });
        for (const docker of [false, true]) {
            const index = makeIndex({ arm64: other, amd64: mine }, docker);
            const imported = await space.import({ source: await push("many", index) });
            assert.equal(sha256(space.target), sha256(disk));
            assert.equal(imported.digest, mine.manifest.digest);
            assert.deepEqual(imported.container, {
                digest: mine.manifest.digest,
                indexDigest: index.manifest.digest,
                layerBytes: mine.blobs[1]?.bytes.length,
                labels: { "instancetype.kubevirt.io/default-preference": "fedora" },
            });
        }
    });

    it("is identified by one or two requests, and taken by the digest of its manifest or of its index", async () => {
        const image = makeContainerdisk(disk);
        const index = makeIndex({ amd64: image });
        const { url } = await push("pinned", index);
        const { signal } = new AbortController();
        for (const { digest } of [image.manifest, index.manifest]) {
            const pinned = { ...(await push("pinned", index)), url: `${url.replace(/:[a-z]+$/, "")}@${digest}` };
            const identity = await openSource(pinned, { clock: new HurryClock() }).identify(signal);
            assert.equal(identity.version, image.manifest.digest);
            assert.equal(identity.container?.labels, undefined);
            await space.import({ source: pinned });
            assert.equal(sha256(space.target), sha256(disk));
        }
    });

    it("tells its progress to the last byte of the disk file, although no manifest tells its size", async () => {
        const seen: { transferred: number; total: number | undefined }[] = [];
        let now = 0;
        const clock = Object.assign(new HurryClock(), { now: () => (now += 1000) });
        const file = makeQcow2(disk);
        await space.import({
            source: await push("progress", makeContainerdisk(file)),
            clock,
            progress: (one) => seen.push(one),
        });
        assert.ok(seen.every(({ total }) => total === file.length));
        assert.equal(seen.at(-1)?.transferred, file.length);
    });

    it("is checked against a checksum of the disk file, where one is asked for", async () => {
        const file = makeQcow2(disk);
        const source = await push("checked", makeContainerdisk(file));
        for (const algorithm of ["sha256", "sha512"] as const) {
            const wrong = { algorithm, hex: "0".repeat(algorithm === "sha256" ? 64 : 128) };
            assert.equal((await space.refused({ source, checksum: wrong })).code, "checksum-mismatch");
        }
        await space.import({ source, checksum: { algorithm: "sha256", hex: sha256(file) } });
        assert.equal(sha256(space.target), sha256(disk));
    });

    it("is the one that skopeo copies, into the registry and out of it again", async function () {
        const skopeo = requireTool(this, "skopeo");
        assert.ok(registry !== undefined);
        const archive = space.write("made.tar", makeOciArchive({ made: makeContainerdisk(makeQcow2(disk)) }));
        const there = `docker://${registry.host}/skopeo:latest`;
        const back = `${space.path}/back.tar`;
        const run = (...parameters: string[]): unknown =>
            execFileSync(skopeo, ["--insecure-policy", ...parameters], { stdio: "pipe" });
        run("copy", "--dest-tls-verify=false", `oci-archive:${archive}:made`, there);
        run("copy", "--src-tls-verify=false", there, `oci-archive:${back}:back`);
        for (const url of [there, `oci-archive:${archive}:made`, `oci-archive:${back}:back`, `oci-archive:${back}`]) {
            await space.import({ source: { kind: "registry", url, insecure: true, architecture } });
            assert.equal(sha256(space.target), sha256(disk), url);
        }
    });
});
