// A server of objects on the loopback interface that answers as Google Cloud Storage does over its JSON interface: generations,
// parts, and who may read what by the signature of a service account. Written from the interface's reference.
import { generateKeyPairSync, verify } from "node:crypto";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { startLink, type Link } from "./link.js";

/** An object as it is stored. */
interface Stored {
    readonly bytes: Uint8Array;
    readonly generation: string;
    readonly encoding: string | undefined;
}

/** A running server. */
export interface GcsServer {
    /** "http://127.0.0.1:port", or with https. */
    readonly url: string;
    readonly link: Link;
    readonly asked: { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
    /** The credentials of an account that may read every bucket. */
    readonly credentialsJson: string;
    /** Statuses of the next answers, before one is a good one. */
    readonly failures: number[];
    put(bucket: string, key: string, bytes: Uint8Array, encoding?: string): void;
    remove(bucket: string, key: string): void;
    close(): Promise<void>;
}

const account = "reader@project.iam.gserviceaccount.com";

/** A key pair for a service account, in PEM form; its credentials hold the word "s3cret". */
const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

/** Starts a server; with a key pair it speaks TLS. Everybody may read the bucket "public", the others only the account. */
export async function startGcsServer(tls?: { readonly key: string; readonly cert: string }): Promise<GcsServer> {
    const objects = new Map<string, Stored>();
    const asked: { path: string; headers: IncomingMessage["headers"] }[] = [];
    const failures: number[] = [];
    let generation = 1_700_000_000_000_000;
    const answer = (request: IncomingMessage): [status: number, headers?: OutgoingHttpHeaders, body?: Uint8Array] => {
        const url = new URL(request.url ?? "/", "http://any");
        asked.push({ path: url.pathname, headers: request.headers });
        const failure = failures.shift();
        if (failure !== undefined) return [failure];
        const [, bucket = "", key = ""] = /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/.exec(url.pathname) ?? [];
        const { authorization } = request.headers;
        if (authorization !== undefined && !isSigned(authorization)) return [401];
        if (bucket !== "public" && authorization === undefined) return [401];
        const object = objects.get(`${decodeURIComponent(bucket)}/${decodeURIComponent(key)}`);
        const wanted = url.searchParams.get("generation");
        if (object === undefined || (wanted !== null && wanted !== object.generation)) return [404];
        return url.searchParams.get("alt") === "media" ? media(request, object) : [200, json, metadata(object)];
    };
    const serve: Parameters<typeof createServer>[1] = (request, response) => {
        const [status, headers, body] = answer(request);
        response.writeHead(status, headers).end(body);
    };
    const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const link = await startLink((server.address() as AddressInfo).port);
    return {
        url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${link.port}`,
        link,
        asked,
        failures,
        credentialsJson: JSON.stringify({
            type: "service_account",
            project_id: "project",
            private_key_id: "s3cret-id",
            private_key: privateKey,
            client_email: account,
        }),
        put(bucket, key, bytes, encoding) {
            objects.set(`${bucket}/${key}`, { bytes, generation: String((generation += 1)), encoding });
        },
        remove(bucket, key) {
            objects.delete(`${bucket}/${key}`);
        },
        async close() {
            await link.close();
            await new Promise((resolve) => {
                server.close(resolve);
                server.closeAllConnections();
            });
        },
    };
}

const json = { "content-type": "application/json; charset=UTF-8" };
const contentType = "application/octet-stream";

function metadata({ bytes, generation }: Stored): Buffer {
    const updated = "2024-01-01T00:00:00.123Z";
    return Buffer.from(
        JSON.stringify({ kind: "storage#object", size: String(bytes.length), generation, updated, contentType }),
    );
}

function media(
    request: IncomingMessage,
    object: Stored,
): [status: number, headers: OutgoingHttpHeaders, body: Uint8Array] {
    const { bytes, generation, encoding } = object;
    const headers: OutgoingHttpHeaders = {
        "content-type": contentType,
        "x-goog-generation": generation,
        "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT",
        ...(encoding === undefined ? {} : { "content-encoding": encoding }),
    };
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    if (first === undefined) return [200, { ...headers, "content-length": bytes.length }, bytes];
    const start = Number(first);
    const end = last === "" ? bytes.length : Math.min(bytes.length, Number(last) + 1);
    if (start >= bytes.length) return [416, headers, Buffer.alloc(0)];
    headers["content-range"] = `bytes ${start}-${end - 1}/${bytes.length}`;
    return [206, headers, bytes.subarray(start, end)];
}

/** Whether the account itself signed a token for reading, not long ago. */
function isSigned(authorization: string): boolean {
    const [head = "", claims = "", signature = ""] = authorization.replace(/^Bearer /, "").split(".");
    if (!verify("sha256", Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, "base64url")))
        return false;
    const { iss, scope, exp } = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
    return iss === account && String(scope).endsWith("/devstorage.read_only") && Number(exp) * 1000 > Date.now();
}
