// Objects of Amazon S3, and of servers that speak its protocol: asked for and signed by the vendor's own client.
import type { S3Client } from "@aws-sdk/client-s3";
import { parseS3Url, redactBucketUrl } from "../../model/bucket-url.js";
import { BootsourceError } from "../../model/errors.js";
import type { Bytes, Identity, Opened, S3Spec, Source, SourceOptions } from "../contract.js";
import { objectSource, type Part, type StoredObject } from "./object-store.js";
import { firstRegion, loadS3, makeClient, signingOf } from "./s3-client.js";
import { regionOf, s3Error } from "./s3-errors.js";

/** An object of S3 as a source. */
export function s3Source(spec: S3Spec, options: SourceOptions): Source {
    const name = redactBucketUrl(spec.url);
    return objectSource(name, new S3Object(spec, name), options);
}

class S3Object implements StoredObject {
    readonly #spec: S3Spec;
    readonly #name: string;
    readonly #address;
    readonly #signing;
    #client: Promise<S3Client> | undefined;
    #region: string;

    constructor(spec: S3Spec, name: string) {
        this.#spec = spec;
        this.#name = name;
        this.#address = parseS3Url(spec.url);
        this.#signing = signingOf(spec, name);
        this.#region = firstRegion(spec, this.#address);
    }

    async head(signal: AbortSignal): Promise<Identity> {
        const { HeadObjectCommand } = await loadS3(this.#name);
        try {
            const head = await this.#ask((client) =>
                client.send(new HeadObjectCommand(this.#object()), { abortSignal: signal }),
            );
            return identityOf(head, head.ContentLength);
        } catch (thrown) {
            signal.throwIfAborted();
            const refused = this.failure(thrown);
            if (!refused.terminal) throw refused;
            // A refused HEAD has no body that would say why; and rights may differ.
            const { identity } = await this.get({ start: 0, end: 1 }, undefined, signal);
            return identity;
        }
    }

    async get({ start, end }: Part, version: string | undefined, signal: AbortSignal): Promise<Opened> {
        const { GetObjectCommand } = await loadS3(this.#name);
        const whole = start === 0 && end === undefined;
        const command = new GetObjectCommand({
            ...this.#object(),
            ...(whole ? {} : { Range: `bytes=${start}-${end === undefined ? "" : end - 1}` }),
            ...(version === undefined ? {} : { IfMatch: version }),
        });
        const answer = await this.#ask((client) => client.send(command, { abortSignal: signal }));
        const part = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(answer.ContentRange ?? "");
        // A server without ranges gives all of it, which is good where the part begins as it does.
        const all = answer.ContentRange === undefined;
        if (Number(all ? 0 : (part?.[1] ?? NaN)) !== start) {
            throw new BootsourceError(
                "unexpected-response",
                `cannot read ${this.#name}: asked for bytes from ${start}, the server sent others ` +
                    `(Content-Range: ${answer.ContentRange ?? "none"}); use another server`,
            );
        }
        const identity = identityOf(answer, all ? answer.ContentLength : Number(part?.[2]));
        return { identity: { ...identity, ranges: whole || !all }, bytes: answer.Body as unknown as Bytes };
    }

    failure(thrown: unknown): BootsourceError {
        return s3Error(this.#name, thrown);
    }

    #object(): { readonly Bucket: string; readonly Key: string } {
        return { Bucket: this.#address.bucket, Key: this.#address.key };
    }

    /** Asks in the region known so far, and once more in the one that the server names instead. */
    async #ask<T>(ask: (client: S3Client) => Promise<T>): Promise<T> {
        const region = this.#region;
        try {
            return await ask(await this.#connected());
        } catch (thrown) {
            const named = regionOf(thrown);
            if (named === undefined || named === region) throw thrown;
            if (named !== this.#region) {
                this.#region = named;
                this.#client = undefined;
            }
            return ask(await this.#connected());
        }
    }

    #connected(): Promise<S3Client> {
        this.#client ??= makeClient(this.#spec, this.#address, this.#signing, this.#region, this.#name);
        return this.#client;
    }
}

interface Described {
    readonly ETag?: string | undefined;
    readonly LastModified?: Date | undefined;
    readonly ContentType?: string | undefined;
}

function identityOf(answer: Described, size: number | undefined): Identity {
    return {
        size,
        // A weak validator promises the same meaning, not the same bytes.
        version: answer.ETag?.startsWith("W/") === true ? undefined : answer.ETag,
        ranges: true,
        lastModified: answer.LastModified?.toISOString(),
        mediaType: answer.ContentType?.split(";")[0]?.trim().toLowerCase(),
    };
}
