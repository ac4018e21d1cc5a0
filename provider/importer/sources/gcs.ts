// Objects of Google Cloud Storage: found by the vendor's own library, read over its JSON interface, pinned to one generation.
import { parseGcsUrl, redactBucketUrl } from "../../model/bucket-url.js";
import { BootsourceError } from "../../model/errors.js";
import type { GcsSpec, Identity, Opened, Source, SourceOptions } from "../contract.js";
import { authorizeBy, type Authorize } from "./gcs-auth.js";
import { checkTransport, endpointOf, isGoogle } from "./gcs-endpoint.js";
import { gcsStatusError } from "./gcs-errors.js";
import { connectionError } from "./http-errors.js";
import { objectSource, type Part, type StoredObject } from "./object-store.js";
import { rawRequest, type RawAnswer } from "./raw-request.js";

/** An object of Google Cloud Storage as a source. */
export function gcsSource(spec: GcsSpec, options: SourceOptions): Source {
    const name = redactBucketUrl(spec.url);
    return objectSource(name, new GcsObject(spec, name), options);
}

class GcsObject implements StoredObject {
    readonly #spec: GcsSpec;
    readonly #name: string;
    readonly #endpoint: string;
    readonly #path: string;
    readonly #authorize: Authorize;

    constructor(spec: GcsSpec, name: string) {
        this.#spec = spec;
        this.#name = name;
        const address = parseGcsUrl(spec.url);
        this.#endpoint = endpointOf(address);
        this.#path = `/storage/v1/b/${encodeURIComponent(address.bucket)}/o/${encodeURIComponent(address.key)}`;
        this.#authorize = authorizeBy(spec, isGoogle(this.#endpoint), name);
        checkTransport(spec, this.#endpoint, name);
    }

    async head(signal: AbortSignal): Promise<Identity> {
        const { body } = await this.#ask("", {}, signal);
        const { size, generation, updated, contentType } = parseMetadata(this.#name, await body.text());
        return {
            size: sizeOf(size),
            version: generation,
            ranges: true,
            lastModified: isoTime(updated),
            mediaType: mediaType(contentType),
        };
    }

    async get({ start, end }: Part, version: string | undefined, signal: AbortSignal): Promise<Opened> {
        const whole = start === 0 && end === undefined;
        const headers = whole ? {} : { range: `bytes=${start}-${end === undefined ? "" : end - 1}` };
        const generation = version === undefined ? "" : `&generation=${encodeURIComponent(version)}`;
        const answer = await this.#ask(`?alt=media${generation}`, headers, signal);
        const range = answer.headers["content-range"];
        const part = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(range ?? "");
        const all = answer.status === 200;
        if ((all ? 0 : Number(part?.[1] ?? NaN)) !== start) {
            throw new BootsourceError(
                "unexpected-response",
                `cannot read ${this.#name}: asked for bytes from ${start}, the server sent others ` +
                    `(Content-Range: ${range ?? "none"}); use another server`,
            );
        }
        const { headers: said } = answer;
        const identity: Identity = {
            size: sizeOf(all ? said["content-length"] : part?.[2]),
            version: said["x-goog-generation"],
            ranges: whole || !all,
            lastModified: isoTime(said["last-modified"]),
            mediaType: mediaType(said["content-type"]),
        };
        return { identity, bytes: answer.body };
    }

    failure(thrown: unknown): BootsourceError {
        return connectionError(this.#name, thrown);
    }

    async #ask(query: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<RawAnswer> {
        const identified = await this.#authorize();
        const answer = await rawRequest({
            method: "GET",
            origin: this.#endpoint,
            path: this.#path + query,
            // Whoever takes gzip gets what is stored as it is stored; else such objects are unpacked on the way, without ranges.
            headers: { "user-agent": "bootsource", "accept-encoding": "gzip", ...identified, ...headers },
            caCertificates: this.#spec.caCertificates,
            signal,
        });
        const as = "authorization" in identified ? "somebody" : "nobody";
        const error = gcsStatusError(this.#name, answer.status, answer.headers["retry-after"], as);
        if (error === undefined) return answer;
        await answer.body.dump({ limit: 16_384, signal });
        throw error;
    }
}

interface Metadata {
    readonly size: string | undefined;
    readonly generation: string | undefined;
    readonly updated: string | undefined;
    readonly contentType: string | undefined;
}

function parseMetadata(name: string, text: string): Metadata {
    let parsed: unknown;
    try {
        parsed = JSON.parse(text);
    } catch {
        parsed = undefined;
    }
    if (typeof parsed !== "object" || parsed === null || !("generation" in parsed)) {
        throw new BootsourceError(
            "unexpected-response",
            `cannot read ${name}: the server does not answer as Google Cloud Storage does; check the address, or use an http source`,
        );
    }
    const said = parsed as Readonly<Record<string, unknown>>;
    const field = (key: string): string | undefined => {
        const value = said[key];
        return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
    };
    return {
        size: field("size"),
        generation: field("generation"),
        updated: field("updated"),
        contentType: field("contentType"),
    };
}

function sizeOf(text: string | undefined): number | undefined {
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function isoTime(text: string | undefined): string | undefined {
    const time = Date.parse(text ?? "");
    return Number.isNaN(time) ? undefined : new Date(Math.floor(time / 1000) * 1000).toISOString();
}

function mediaType(text: string | undefined): string | undefined {
    return text?.split(";")[0]?.trim().toLowerCase();
}
