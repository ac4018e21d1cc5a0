// Objects of Google Cloud Storage as sources: the suite over http and TLS, credentials, generations, emulators.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import type { GcsSpec, Source } from "../../../provider/importer/contract.js";
import { openSource } from "../../../provider/importer/sources/index.js";
import { isBootsourceError, type BootsourceError } from "../../../provider/model/errors.js";
import { withEnvironment } from "../../environment.js";
import { makeDisk } from "../../images/disk.js";
import { makeQcow2 } from "../../images/qcow2.js";
import { startAnswers } from "../../servers/answers.js";
import { makeCertificates } from "../../servers/certificates.js";
import { startGcsServer, type GcsServer } from "../../servers/gcs-server.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace } from "../workspace.js";
import { describeSource, type Hindrance, type SourceStage } from "./describe-source.js";

function gcsStage(server: GcsServer, caCertificates?: string): SourceStage {
    const at = (key: string, more: Partial<GcsSpec> = {}): GcsSpec => ({
        kind: "gcs",
        url: `${server.url}/images/${key}`,
        credentialsJson: server.credentialsJson,
        caCertificates,
        ...more,
    });
    const open = (spec: GcsSpec): Source => openSource(spec, { clock: new HurryClock(), attempts: 3 });
    const half = 500_000;
    return {
        publish(bytes) {
            server.put("images", "image", bytes);
            return Promise.resolve(open(at("image")));
        },
        missing: () => Promise.resolve(open(at("missing"))),
        spec(bytes) {
            server.put("images", "to import/ä", bytes);
            return Promise.resolve(at("to%20import/%C3%A4"));
        },
        hinder(how: Hindrance, bytes) {
            server.put("images", how, bytes);
            if (how === "cut") server.link.cut(half);
            if (how === "replaced") {
                const replace = async (): Promise<void> => {
                    server.put("images", how, makeDisk(bytes.length, { seed: 12 }));
                };
                server.link.cut(half, replace);
            }
            if (how === "denied")
                return Promise.resolve(open(at(how, { credentialsJson: credentialsOfAnother(server) })));
            return Promise.resolve(open(at(how, how === "untrusted" ? { caCertificates: undefined } : {})));
        },
        close: () => server.close(),
    };
}

describeSource("gcs", async () => gcsStage(await startGcsServer()), {
    imports: true,
    hindrances: ["cut", "replaced", "login", "denied"],
});
describeSource(
    "gcs over TLS with a certificate authority of its own",
    async (context) => {
        const certificates = makeCertificates(requireTool(context, "openssl"));
        return gcsStage(await startGcsServer(certificates), certificates.ca);
    },
    { imports: true, hindrances: ["cut", "own-ca", "untrusted"] },
);

describe("source gcs", () => {
    const disk = makeDisk(700_000, { seed: 51 });
    const { signal } = new AbortController();
    let server: GcsServer;
    let space: Workspace;
    let clock: HurryClock;
    before(async () => {
        server = await startGcsServer();
        server.put("images", "disk", disk);
        server.put("public", "disk", disk);
    });
    after(() => server.close());
    beforeEach(() => {
        space = new Workspace();
        clock = new HurryClock();
    });
    afterEach(() => {
        space.remove();
    });

    const imports = async (spec: Omit<GcsSpec, "kind">): Promise<void> => {
        await space.import({ source: { kind: "gcs", ...spec } });
        assert.equal(sha256(space.target), sha256(disk));
    };
    const refused = async (spec: Omit<GcsSpec, "kind">): Promise<BootsourceError> => {
        const error = await space.refused({ source: { kind: "gcs", ...spec }, clock });
        assert.ok(isBootsourceError(error));
        assert.doesNotMatch(inspect(error, { depth: 20, showHidden: true }), /s3cret|PRIVATE|Bearer|eyJ/);
        assert.match(error.message, /^cannot .+; .+/);
        return error;
    };

    it("reads what everybody may read without credentials, and nothing else", async () => {
        await imports({ url: `${server.url}/public/disk`, anonymous: true });
        const error = await refused({ url: `${server.url}/images/disk`, anonymous: true });
        assert.equal(error.code, "access-denied");
        assert.match(error.message, /not public; give credentials/);
    });

    it("shows an emulator no credentials of this machine", async () => {
        const file = space.write("credentials.json", Buffer.from(server.credentialsJson));
        server.asked.length = 0;
        await withEnvironment({ GOOGLE_APPLICATION_CREDENTIALS: file }, () =>
            imports({ url: `${server.url}/public/disk` }),
        );
        assert.ok(server.asked.length > 0);
        assert.ok(server.asked.every(({ headers }) => headers.authorization === undefined));
    });

    it("asks the emulator that the environment names for a gs:// address", async () => {
        for (const host of [server.url, server.url.replace("http://", "")]) {
            await withEnvironment({ STORAGE_EMULATOR_HOST: host }, () =>
                imports({ url: "gs://images/disk", credentialsJson: server.credentialsJson }),
            );
        }
        const error = await withEnvironment({ STORAGE_EMULATOR_HOST: "no host" }, () =>
            refused({ url: "gs://images/disk" }),
        );
        assert.equal(error.code, "invalid-argument");
    });

    it("asks Google for a gs:// address, through the environment's proxy, and says so where no credentials are found", async () => {
        const proxy = await startAnswers(() => ({ status: 500 }));
        const nowhere = { HOME: space.path, APPDATA: space.path, GOOGLE_APPLICATION_CREDENTIALS: undefined };
        const environment = { ...nowhere, https_proxy: proxy.url, no_proxy: "", METADATA_SERVER_DETECTION: "none" };
        try {
            await withEnvironment(environment, async () => {
                const none = await refused({ url: "gs://images/disk" });
                assert.match(none.message, /no credentials were found; give credentialsJson/);
                assert.equal(proxy.tunnels.length, 0);
                for (const url of ["gs://images/disk", "https://storage.googleapis.com/images/disk"]) {
                    assert.equal((await refused({ url, anonymous: true })).code, "unreachable");
                    assert.equal(proxy.tunnels.pop(), "storage.googleapis.com:443");
                }
                const user = {
                    type: "authorized_user",
                    client_id: "a",
                    client_secret: "s3cret",
                    refresh_token: "s3cret",
                };
                const error = await refused({ url: "gs://images/disk", credentialsJson: JSON.stringify(user) });
                assert.equal(error.code, "unreachable", error.message);
                assert.equal(proxy.tunnels.pop(), "oauth2.googleapis.com:443");
            });
        } finally {
            await proxy.close();
        }
    });

    it("says that a token is refused for the credentials, without them", async () => {
        let status = 400;
        const tokens = await startAnswers(() => ({ status, body: '{"error":"invalid_grant","s":"s3cret"}' }));
        try {
            const subject = space.write("token", Buffer.from("s3cret"));
            const credentialsJson = JSON.stringify({
                type: "external_account",
                audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b",
                subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
                token_url: `${tokens.url}/token`,
                credential_source: { file: subject },
            });
            const error = await refused({ url: `${server.url}/images/disk`, credentialsJson });
            assert.equal(error.code, "access-denied", error.message);
            assert.match(error.message, /status 400\); check credentialsJson/);
            status = 503;
            assert.equal((await refused({ url: `${server.url}/images/disk`, credentialsJson })).code, "unreachable");
        } finally {
            await tokens.close();
        }
    });

    it("refuses credentials that are none, without repeating them", async () => {
        for (const credentialsJson of [
            "s3cret",
            '{"private_key":"s3cret"}',
            '{"type":"s3cret"}',
            "null",
            "/s3cret.json",
        ]) {
            const error = await refused({ url: "gs://images/disk", credentialsJson });
            assert.equal(error.code, "invalid-argument");
        }
        const broken = JSON.stringify({ type: "service_account", client_email: "a@b", private_key: "s3cret" });
        const error = await refused({ url: `${server.url}/images/disk`, credentialsJson: broken });
        assert.match(error.message, /credentialsJson is whole/);
        const { credentialsJson } = server;
        const both = await refused({ url: "gs://images/disk", credentialsJson, anonymous: true });
        assert.equal(both.code, "invalid-argument");
        const plain = await refused({ url: "http://emulator.example/images/disk", credentialsJson });
        assert.equal(plain.code, "untrusted");
    });

    it("tries again after a passing failure, and gives up after six", async () => {
        const spec = { url: `${server.url}/images/disk`, credentialsJson: server.credentialsJson };
        server.failures.push(503, 500, 429, 408);
        await space.import({ source: { kind: "gcs", ...spec }, clock });
        assert.equal(clock.waits.length, 4);
        server.failures.push(...Array.from({ length: 6 }, () => 503));
        assert.match((await refused(spec)).message, /gave up after 6 attempts/);
    });

    it("does not go on with an object that was replaced or removed meanwhile", async () => {
        const url = `${server.url}/public/moving`;
        for (const meanwhile of [
            async () => {
                server.put("public", "moving", makeDisk(900_000, { seed: 52 }));
            },
            async () => {
                server.remove("public", "moving");
            },
        ]) {
            server.put("public", "moving", disk);
            server.link.cut(300_000, meanwhile);
            const opened = await openSource({ kind: "gcs", url }, { clock }).open(undefined, signal);
            await assert.rejects(
                async () => {
                    for await (const chunk of opened.bytes) assert.ok(chunk.length > 0);
                },
                { code: "source-changed" },
            );
        }
    });

    it("takes what is stored as it is stored, also where the store could unpack it on the way", async () => {
        server.put("public", "disk.gz", gzipSync(disk), "gzip");
        await imports({ url: `${server.url}/public/disk.gz` });
        assert.ok(server.asked.every(({ headers }) => headers["accept-encoding"] === "gzip"));
    });

    it("imports a qcow2 image, whose tables are read first by ranges [C14]", async () => {
        const image = makeQcow2(disk);
        server.put("public", "disk.qcow2", image);
        const checksum = { algorithm: "sha256", hex: sha256(image) } as const;
        const source = { kind: "gcs", url: `${server.url}/public/disk.qcow2` } as const;
        assert.equal((await space.import({ source, checksum })).format, "qcow2");
    });

    it("says that a server which does not speak the protocol is none of Google's", async () => {
        const page = await startAnswers(() => ({ status: 200, body: "<html>" }));
        try {
            const error = await refused({ url: `${page.url}/images/disk` });
            assert.equal(error.code, "unexpected-response");
        } finally {
            await page.close();
        }
    });
});

/** Whole credentials, but signed with a key that the server does not know. */
function credentialsOfAnother(server: GcsServer): string {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const known = JSON.parse(server.credentialsJson) as Record<string, unknown>;
    return JSON.stringify({ ...known, private_key: privateKey.export({ type: "pkcs8", format: "pem" }) });
}
