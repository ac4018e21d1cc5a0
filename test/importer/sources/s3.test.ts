// Objects of S3 as sources: the suite against a real server, over http and TLS, and what such servers refuse.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Bytes, S3Spec, Source } from "../../../provider/importer/contract.js";
import { openSource } from "../../../provider/importer/sources/index.js";
import { isBootsourceError, type BootsourceError } from "../../../provider/model/errors.js";
import { withEnvironment } from "../../environment.js";
import { makeDisk } from "../../images/disk.js";
import { makeQcow2 } from "../../images/qcow2.js";
import { makeCertificates } from "../../servers/certificates.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { keys, requireS3Server, startS3Server, type S3Server } from "../../servers/s3-server.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace } from "../workspace.js";
import { describeSource, type Hindrance, type SourceStage } from "./describe-source.js";

function s3Stage(server: S3Server, caCertificates?: string): SourceStage {
    const at = (key: string, more: Partial<S3Spec> = {}): S3Spec => ({
        kind: "s3",
        url: `${server.url}/images/${key}`,
        ...keys,
        caCertificates,
        ...more,
    });
    const open = (spec: S3Spec): Source => openSource(spec, { clock: new HurryClock(), attempts: 3 });
    const half = 500_000;
    return {
        async publish(bytes) {
            await server.put("images", "image", bytes);
            return open(at("image"));
        },
        missing: () => Promise.resolve(open(at("missing"))),
        async spec(bytes) {
            await server.put("images", "to import", bytes);
            return at("to%20import");
        },
        async hinder(how: Hindrance, bytes) {
            await server.put("images", how, bytes);
            if (how === "cut") server.link.cut(half);
            if (how === "replaced") {
                server.link.cut(half, () => server.put("images", how, makeDisk(bytes.length, { seed: 12 })));
            }
            if (how === "denied") return open(at(how, { secretKey: "s3cret-of-another" }));
            return open(at(how, how === "untrusted" ? { caCertificates: undefined } : {}));
        },
        close: () => server.close(),
    };
}

describeSource("s3", async (context) => s3Stage(await startS3Server(await requireS3Server(context), ["images"])), {
    imports: true,
    hindrances: ["cut", "replaced", "login", "denied"],
});
describeSource(
    "s3 over TLS with a certificate authority of its own",
    async (context) => {
        const certificates = makeCertificates(requireTool(context, "openssl"));
        const server = await startS3Server(await requireS3Server(context), ["images"], certificates);
        return s3Stage(server, certificates.ca);
    },
    { imports: true, hindrances: ["cut", "own-ca", "untrusted"] },
);

describe("source s3, against a real server", () => {
    const disk = makeDisk(700_000, { seed: 41 });
    const options = { clock: new HurryClock(), attempts: 2 };
    const { signal } = new AbortController();
    let server: S3Server;
    let space: Workspace;
    before(async function () {
        server = await startS3Server(await requireS3Server(this), ["images", "public"]);
        await server.put("images", "disk", disk);
        await server.put("public", "a folder/ä+b%", disk);
        await server.open("public");
    });
    after(() => server.close());
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    const refused = async (spec: Omit<S3Spec, "kind">): Promise<BootsourceError> => {
        for (const ask of ["identify", "open"] as const) {
            const source = openSource({ kind: "s3", ...spec }, options);
            const asked = ask === "identify" ? source.identify(signal) : source.open(undefined, signal);
            const error = await asked.then(
                () => assert.fail(`${ask} was expected to fail`),
                (thrown: unknown) => thrown,
            );
            assert.ok(isBootsourceError(error), String(error));
            assert.doesNotMatch(inspect(error, { depth: 20, showHidden: true }), /s3cret|Signature=|StringToSign/);
            if (ask === "open") return error;
        }
        return assert.fail();
    };

    it("reads what everybody may read without keys, and nothing else", async () => {
        const url = `${server.url}/public/a%20folder/%C3%A4+b%25`;
        await space.import({ source: { kind: "s3", url, anonymous: true } });
        assert.equal(sha256(space.target), sha256(disk));
        const error = await refused({ url: `${server.url}/images/disk`, anonymous: true });
        assert.equal(error.code, "access-denied");
    });

    it("takes keys as they come out of files, with a line break at their end", async () => {
        const spec = { accessKeyId: `${keys.accessKeyId}\n`, secretKey: `${keys.secretKey}\r\n` };
        await space.import({ source: { kind: "s3", url: `${server.url}/images/disk`, ...spec } });
    });

    it("says which of the keys is wrong, and never one of them", async () => {
        const url = `${server.url}/images/disk`;
        const secret = await refused({ url, accessKeyId: keys.accessKeyId, secretKey: "s3cret-of-another" });
        assert.equal(secret.code, "access-denied");
        assert.match(secret.message, /SignatureDoesNotMatch.*; check secretKey/);
        const id = await refused({ url, accessKeyId: "AKIAs3cret", secretKey: keys.secretKey });
        assert.match(id.message, /InvalidAccessKeyId.*; check accessKeyId/);
    });

    it("tells a missing bucket from a missing object", async () => {
        assert.match((await refused({ url: `${server.url}/missing/disk`, ...keys })).message, /name of the bucket/);
        assert.match((await refused({ url: `${server.url}/images/missing`, ...keys })).message, /key of the object/);
    });

    it("takes the keys of the environment where none are given, and says what to do where there are none", async () => {
        const url = `${server.url}/images/disk`;
        const nowhere = join(space.path, "nowhere");
        const none = {
            AWS_ACCESS_KEY_ID: undefined,
            AWS_SECRET_ACCESS_KEY: undefined,
            AWS_PROFILE: undefined,
            AWS_CONFIG_FILE: nowhere,
            AWS_SHARED_CREDENTIALS_FILE: nowhere,
            AWS_EC2_METADATA_DISABLED: "true",
        };
        await withEnvironment(none, async () => {
            assert.match((await refused({ url })).message, /no keys were found; give accessKeyId/);
        });
        const given = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretKey };
        await withEnvironment({ ...none, ...given }, () => space.import({ source: { kind: "s3", url } }));
    });

    it("asks the endpoint that the environment names for an s3:// address", async () => {
        await withEnvironment({ AWS_ENDPOINT_URL: server.url }, () =>
            space.import({ source: { kind: "s3", url: "s3://images/disk", ...keys } }),
        );
        assert.equal(sha256(space.target), sha256(disk));
    });

    it("imports a qcow2 image, whose tables are read first by ranges", async () => {
        const image = makeQcow2(disk);
        await server.put("images", "disk.qcow2", image);
        const source = { kind: "s3", url: `${server.url}/images/disk.qcow2`, ...keys } as const;
        const checksum = { algorithm: "sha256", hex: sha256(image) } as const;
        const imported = await space.import({ source, checksum });
        assert.equal(imported.format, "qcow2");
        assert.equal(sha256(readFileSync(space.target).subarray(0, disk.length)), sha256(disk));
    });

    it("gives up a connection that has fallen silent, and goes on with another", async () => {
        const clock = new HurryClock();
        const source = openSource({ kind: "s3", url: `${server.url}/images/disk`, ...keys }, { clock });
        const silence = server.link.silence(300_000);
        const reading = source.open(undefined, signal).then((opened) => drain(opened.bytes));
        await silence.begun;
        while (!silence.over()) {
            clock.pass(60_000);
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        assert.ok((await reading).equals(disk));
    });

    it("does not go on with an object that was replaced or removed meanwhile", async () => {
        for (const meanwhile of [
            () => server.put("images", "moving", makeDisk(900_000, { seed: 42 })),
            () => server.remove("images", "moving"),
        ]) {
            await server.put("images", "moving", disk);
            const source = openSource({ kind: "s3", url: `${server.url}/images/moving`, ...keys }, options);
            server.link.cut(300_000, meanwhile);
            const opened = await source.open(undefined, signal);
            await assert.rejects(drain(opened.bytes), { code: "source-changed" });
        }
    });

    it("refuses half of a pair of keys, and keys for nobody", async () => {
        const url = `${server.url}/images/disk`;
        for (const spec of [
            { accessKeyId: "AKIA" },
            { secretKey: "s3cret" },
            { sessionToken: "s3cret" },
            { accessKeyId: "AKIA", secretKey: "\n" },
            { ...keys, anonymous: true },
        ]) {
            const error = await space.refused({ source: { kind: "s3", url, ...spec } });
            assert.equal(error.code, "invalid-argument");
            assert.doesNotMatch(error.message, /s3cret/);
        }
    });
});

async function drain(bytes: Bytes): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(new Uint8Array(chunk));
    return Buffer.concat(chunks);
}
