// Registries that ask who is there, send elsewhere, break off, or lie: by a fake that does each of it on purpose.
import assert from "node:assert/strict";
import type { RegistrySpec } from "../../../provider/importer/contract.js";
import { openSource } from "../../../provider/importer/sources/index.js";
import { isBootsourceError, type BootsourceError } from "../../../provider/model/errors.js";
import { makeContainerdisk, makeIndex } from "../../images/containerdisk.js";
import { makeDisk } from "../../images/disk.js";
import { makeCertificates } from "../../servers/certificates.js";
import { startFakeRegistry, type FakeBehaviour, type FakeRegistry } from "../../servers/fake-registry.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { startImageServer } from "../../servers/image-server.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace } from "../workspace.js";

describe("source registry, against registries with a will of their own", () => {
    const disk = makeDisk(3_000_000, { seed: 71 });
    const image = makeContainerdisk(disk);
    const [, layer] = image.blobs;
    assert.ok(layer !== undefined);
    const login = { username: "reader", password: "s3cret\n" };
    let space: Workspace;
    let clock: HurryClock;
    let fakes: FakeRegistry[];
    beforeEach(() => {
        space = new Workspace();
        clock = new HurryClock();
        fakes = [];
    });
    afterEach(async () => {
        await Promise.all(fakes.map((one) => one.close()));
        space.remove();
    });

    const start = async (behaviour: FakeBehaviour, tls?: { key: string; cert: string }) => {
        const fake = await startFakeRegistry(behaviour, tls);
        fakes.push(fake);
        const url = fake.hold("disks/image", "latest", makeIndex({ amd64: image }));
        return { fake, source: { kind: "registry", url, insecure: true, architecture: "amd64" } as RegistrySpec };
    };
    const imports = async (source: RegistrySpec): Promise<void> => {
        const imported = await space.import({ source, clock });
        assert.equal(imported.digest, image.manifest.digest);
        assert.equal(sha256(space.target), sha256(disk));
    };
    const refuses = async (source: RegistrySpec, code: string): Promise<BootsourceError> => {
        const error = await space.refused({ source, clock });
        assert.equal(error.code, code, error.message);
        assert.doesNotMatch(`${error.message} ${JSON.stringify(error.facts)}`, /s3cret/);
        return error;
    };
    const layersOf = (fake: FakeRegistry): FakeRegistry["asked"] =>
        fake.asked.filter(({ url }) => url.endsWith(layer.digest));

    describe("tokens", () => {
        it("are got for nobody where nobody was named, and sent to the registry alone", async () => {
            const { fake, source } = await start({ token: {} });
            await imports(source);
            const asked = fake.asked.find(({ url }) => url.startsWith("/token"));
            assert.equal(asked?.headers.authorization, undefined);
            const { searchParams } = new URL(asked?.url ?? "", fake.url);
            assert.equal(searchParams.get("service"), 'registry "test"');
            assert.equal(searchParams.get("scope"), "repository:disks/image:pull");
            assert.equal(fake.asked.filter(({ url }) => url.startsWith("/token")).length, 1);
        });

        it("are got with the user's name and password, of which a line break at the end is no part", async () => {
            const { source } = await start({ token: { login: "reader:s3cret" } });
            await imports({ ...source, ...login });
        });

        it("are got with a refresh token by POST, as a login through a browser leaves one", async () => {
            const { fake, source } = await start({ token: { refresh: "s3cret-refresh" } });
            const auths = { [fake.host]: { auth: "", identitytoken: "s3cret-refresh" } };
            await imports({ ...source, dockerConfigJson: `${JSON.stringify({ auths })}\n` });
            const [asked] = fake.asked.filter(({ url }) => url === "/token");
            assert.equal(asked?.method, "POST");
            assert.equal(new URLSearchParams(asked.body).get("grant_type"), "refresh_token");
        });

        it("are got anew where they run out or are refused in the middle, because images take longer than tokens last", async () => {
            const behaviours: FakeBehaviour[] = [
                { token: { uses: 2 } },
                { token: { seconds: 60 }, cuts: [100_000] },
                { token: { uses: 5, login: "reader:s3cret" }, cuts: [100_000, 100_000] },
            ];
            for (const behaviour of behaviours) {
                const { fake, source } = await start(behaviour);
                await imports({ ...source, ...login });
                if (behaviour.token?.uses !== undefined) {
                    assert.ok(fake.asked.filter(({ url }) => url.startsWith("/token")).length > 1);
                }
            }
        });

        it("are asked for again where their service fails in passing", async () => {
            const { source } = await start({ token: { failures: [503, 429] } });
            await imports(source);
            assert.equal(clock.waits.length, 2);
        });

        it("that are refused, or that nobody may have, are said to be once and for all", async () => {
            const denied = await start({ token: { login: "reader:another" } });
            assert.match(
                (await refuses({ ...denied.source, ...login }, "access-denied")).message,
                /; check the user name/,
            );
            assert.match((await refuses(denied.source, "access-denied")).message, /; give credentials/);
            const useless = await start({ token: { useless: true } });
            assert.equal((await refuses(useless.source, "access-denied")).terminal, true);
            assert.equal(useless.fake.asked.filter(({ url }) => url.startsWith("/token")).length, 1);
        });

        it("are not asked for by plain http with the credentials of a registry that has TLS", async function () {
            const { ca, key, cert } = makeCertificates(requireTool(this, "openssl"));
            const service = await start({ token: { login: "reader:s3cret" } });
            const { source } = await start({ token: { realm: `${service.fake.url}/token` } }, { key, cert });
            const secure = { ...source, insecure: false, caCertificates: ca };
            assert.match(
                (await refuses({ ...secure, ...login }, "untrusted")).message,
                /by plain http; ask its administrator/,
            );
            assert.equal(service.fake.asked.length, 0);
        });

        it("come from where the registry says, which must be an address", async () => {
            const { source } = await start({ token: { realm: "file:///etc/passwd" } });
            await refuses(source, "unexpected-response");
        });
    });

    it("does not send a password before it is asked for one, and then only to the registry", async () => {
        const store = await startImageServer();
        try {
            const elsewhere = (): string => store.serve("/layer", { bytes: layer.bytes });
            const { fake, source } = await start({ login: "reader:s3cret", elsewhere });
            await imports({ ...source, ...login });
            assert.equal(fake.asked[0]?.headers.authorization, undefined);
            assert.ok(fake.asked.some(({ headers }) => headers.authorization?.startsWith("Basic ")));
            assert.ok(store.asked.length > 0);
            for (const { headers } of store.asked) assert.equal(headers.authorization, undefined);
        } finally {
            await store.close();
        }
    });

    it("does not answer a store of blobs that asks for a password", async () => {
        const store = await startImageServer();
        try {
            const elsewhere = (): string => store.serve("/layer", { bytes: layer.bytes, login: "reader:s3cret" });
            const { source } = await start({ token: {}, elsewhere });
            await refuses({ ...source, ...login }, "access-denied");
            for (const { headers } of store.asked) assert.equal(headers.authorization, undefined);
        } finally {
            await store.close();
        }
    });

    it("goes on where a layer broke off, asking for the rest alone: its digest proves that it belongs to the start", async () => {
        const { fake, source } = await start({ cuts: [200_000, 150_000] });
        await imports(source);
        const ranges = layersOf(fake).map(({ headers }) => headers.range);
        assert.equal(ranges.length, 3);
        assert.equal(ranges[0], undefined);
        assert.match(ranges[1] ?? "", /^bytes=[1-9]\d*-$/);
        assert.ok(layersOf(fake).every(({ headers }) => headers["if-range"] === undefined));
    });

    it("waits as long as it is asked to, and gives up where it is asked to wait too long", async () => {
        const { source } = await start({ failures: [{ status: 429, headers: { "retry-after": "7" } }] });
        await imports(source);
        assert.deepEqual(clock.waits, [7000]);
        const far = await start({ failures: [{ status: 429, headers: { "retry-after": "86400" } }] });
        assert.equal((await refuses(far.source, "unreachable")).terminal, false);
    });

    it("never makes a disk of bytes that are not the ones that the reference names", async () => {
        const changed = (bytes: Buffer): Buffer => {
            const copy = Buffer.from(bytes);
            copy[bytes.length - 9] = (copy[bytes.length - 9] ?? 0) ^ 1;
            return copy;
        };
        const [config] = image.blobs;
        assert.ok(config !== undefined);
        for (const [path, bytes, codes] of [
            [`manifests/${image.manifest.digest}`, changed(image.manifest.bytes), ["checksum-mismatch"]],
            [`blobs/${config.digest}`, changed(config.bytes), ["checksum-mismatch"]],
            [`blobs/${layer.digest}`, changed(layer.bytes), ["corrupt-image", "checksum-mismatch"]],
            [
                `blobs/${layer.digest}`,
                makeContainerdisk(makeDisk(3_000_000, { seed: 72 })).blobs[1]?.bytes,
                ["checksum-mismatch"],
            ],
        ] as const) {
            assert.ok(bytes !== undefined);
            const { source } = await start({ lies: new Map([[`/v2/disks/image/${path}`, { bytes, times: 99 }]]) });
            const error = await space.refused({ source, clock });
            assert.ok(
                codes.some((code) => code === error.code),
                `${path}: ${error.code}: ${error.message}`,
            );
        }
    });

    it("says what it was that is not there, and what a page of another server is", async () => {
        const { fake, source } = await start({});
        const missing = await refuses({ ...source, url: `docker://${fake.host}/disks/image:other` }, "not-found");
        assert.match(missing.message, /no such manifest \(status 404\); check the name and the tag/);
        const page = { bytes: Buffer.from("<html>hello</html>"), times: 99 };
        const other = await start({ lies: new Map([["/v2/disks/image/manifests/latest", page]]) });
        await refuses(other.source, "unexpected-response");
    });

    it("says how to name a registry without TLS, which is asked for nothing", async () => {
        const { fake, source } = await start({});
        const { message } = await refuses({ ...source, insecure: false }, "untrusted");
        assert.ok(message.includes(`name ${fake.host} in bootsource:insecureRegistries`), message);
        assert.ok(message.includes("(--insecure on the command line)"), message);
        assert.equal(fake.asked.length, 0);
    });

    it("takes any certificate of a registry that is named insecure", async function () {
        const { key, cert } = makeCertificates(requireTool(this, "openssl"), "DNS:elsewhere.example");
        const { source } = await start({ login: "reader:s3cret" }, { key, cert });
        await imports({ ...source, ...login });
        await refuses({ ...source, insecure: false }, "untrusted");
    });

    it("keeps to what a tag led to first, although it moves on while the image is read", async () => {
        const { fake, source } = await start({});
        const opened = openSource(source, { clock });
        const { signal } = new AbortController();
        const identity = await opened.identify(signal);
        fake.hold("disks/image", "latest", makeContainerdisk(makeDisk(10_000)));
        const { bytes, identity: now } = await opened.open(undefined, signal);
        assert.equal(now.version, identity.version);
        let count = 0;
        for await (const chunk of bytes) count += chunk.length;
        assert.equal(count, disk.length);
        assert.notEqual((await opened.identify(signal)).version, identity.version);
    });

    it("closes its connection at once when it is cancelled in the middle of a layer", async () => {
        const store = await startImageServer();
        try {
            const elsewhere = (): string => store.serve("/layer", { bytes: layer.bytes, stalls: [100_000] });
            const { source } = await start({ elsewhere });
            const controller = new AbortController();
            const importing = space.import({ source, clock, signal: controller.signal });
            while (store.silent.times === 0) await new Promise((resolve) => setImmediate(resolve));
            controller.abort();
            const thrown = await importing.catch((error: unknown) => error);
            assert.ok(isBootsourceError(thrown) && thrown.code === "cancelled", String(thrown));
        } finally {
            await store.close();
        }
    });
});
