// A real S3 server (versitygw) over an empty directory, behind a link that can be cut; objects are put into it by the vendor's client.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import {
    CreateBucketCommand,
    DeleteObjectCommand,
    PutBucketPolicyCommand,
    PutObjectCommand,
    S3Client,
} from "@aws-sdk/client-s3";
import type { Context } from "mocha";
import type { Certificates } from "./certificates.js";
import { startLink, type Link } from "./link.js";

const clone = path.resolve(__dirname, "..", "..", "..");

/** Keys that the server knows; no message may repeat the second. */
export const keys = { accessKeyId: "AKIAREADER", secretKey: "s3cret-of-the-reader" } as const;

/** A running server. */
export interface S3Server {
    /** "http://127.0.0.1:port", or with https. */
    readonly url: string;
    readonly link: Link;
    put(bucket: string, key: string, bytes: Uint8Array): Promise<void>;
    remove(bucket: string, key: string): Promise<void>;
    /** Lets everybody read what is in a bucket. */
    open(bucket: string): Promise<void>;
    close(): Promise<void>;
}

/** The server's program, built where it is not yet; without Go the test is skipped, and fails with CI set. */
export async function requireS3Server(context: Context): Promise<string> {
    // The build is a matter of the machine, not of what is tested.
    context.timeout(1_800_000);
    const { findS3Server } = require(path.join(clone, "tools/setup/s3-server.cjs")) as {
        findS3Server: (clone: string) => Promise<{ program?: string; reason?: string }>;
    };
    const { program, reason } = await findS3Server(clone);
    if (program !== undefined) return program;
    if (process.env.CI !== undefined && process.env.CI !== "") {
        throw new Error(
            `cannot run this test: versitygw cannot be built (${reason ?? ""}); with CI nothing may be skipped`,
        );
    }
    context.skip();
}

/** Starts a server with these buckets; with a key pair it speaks TLS. */
export async function startS3Server(
    program: string,
    buckets: readonly string[],
    tls?: Certificates,
): Promise<S3Server> {
    const directory = mkdtempSync(path.join(tmpdir(), "bootsource-s3-"));
    const at = (name: string): string => path.join(directory, name);
    for (const name of ["objects", "metadata", "users"]) mkdirSync(at(name));
    const secure: string[] = [];
    if (tls !== undefined) {
        writeFileSync(at("key.pem"), tls.key);
        writeFileSync(at("cert.pem"), tls.cert);
        secure.push("--cert", at("cert.pem"), "--key", at("key.pem"));
    }
    const child = spawn(
        program,
        [
            "--port",
            at("socket"),
            "--region",
            "us-east-1",
            "--quiet",
            "--keep-alive",
            "--iam-dir",
            at("users"),
            ...secure,
        ].concat(
            // The keys of the objects' metadata lie in a directory of their own: not every file system has a place for them.
            ["posix", "--sidecar", at("metadata"), at("objects")],
        ),
        {
            env: { ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretKey, PATH: process.env.PATH },
            stdio: ["ignore", "ignore", "pipe"],
        },
    );
    const close = async (): Promise<void> => {
        await end(child);
        rmSync(directory, { recursive: true, force: true });
    };
    try {
        await listening(child, at("socket"));
        const link = await startLink(at("socket"));
        // Objects are put in beside the link, which is not to count them.
        const inside = await startLink(at("socket"));
        const protocol = tls === undefined ? "http" : "https";
        const client = new S3Client({
            endpoint: `${protocol}://127.0.0.1:${inside.port}`,
            forcePathStyle: true,
            region: "us-east-1",
            credentials: { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretKey },
            requestHandler: { httpsAgent: { ca: tls?.ca } },
        });
        for (const Bucket of buckets) await client.send(new CreateBucketCommand({ Bucket }));
        return {
            url: `${protocol}://127.0.0.1:${link.port}`,
            link,
            async put(Bucket, Key, Body) {
                await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: "application/x-qcow2" }));
            },
            async remove(Bucket, Key) {
                await client.send(new DeleteObjectCommand({ Bucket, Key }));
            },
            async open(Bucket) {
                const Statement = [
                    { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` },
                ];
                const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
                await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
            },
            async close() {
                client.destroy();
                await link.close();
                await inside.close();
                await close();
            },
        };
    } catch (thrown) {
        await close();
        throw thrown;
    }
}

/** Waits until somebody can connect; throws with what the server said where it ends before that. */
async function listening(child: ChildProcess, socket: string): Promise<void> {
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    child.on("error", (error) => (said += error.message));
    while (child.exitCode === null && child.pid !== undefined) {
        const reached = await new Promise<boolean>((resolve) => {
            const probe = connect(socket, () => {
                resolve(true);
                probe.destroy();
            });
            probe.on("error", () => {
                resolve(false);
            });
        });
        if (reached) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the S3 server did not start: ${said}`);
}

async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.pid === undefined) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
}
