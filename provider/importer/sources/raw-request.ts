// One request for a vendor's client library, over the same connections as every web source: with the same proxies, the same
// certificates trusted, and the same way to be ended.
import type { Dispatcher } from "undici";
import { dispatcherFor } from "./http-dispatcher.js";

/** What is asked. The path goes out as it stands: a key may hold "..", which an URL would resolve. */
export interface RawQuestion {
    readonly method: string;
    /** "https://host[:port]". */
    readonly origin: string;
    /** With the query, encoded. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: Dispatcher.DispatchOptions["body"];
    readonly caCertificates: string | undefined;
    readonly signal?: AbortSignal | undefined;
}

/** An answer, whatever its status. The body must be read, or ended by the signal. */
export interface RawAnswer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Dispatcher.ResponseData["body"];
}

/** Asks, and follows nothing. */
export async function rawRequest(question: RawQuestion): Promise<RawAnswer> {
    const { method, origin, path, headers, body, signal } = question;
    const trust = { caCertificates: question.caCertificates, insecureSkipVerify: undefined };
    const answer = await (
        await dispatcherFor(new URL(origin), trust)
    ).request({
        method,
        origin,
        path,
        headers: { ...headers },
        body: body ?? null,
        ...(signal === undefined ? {} : { signal }),
    });
    const flat = Object.entries(answer.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]);
    return {
        status: answer.statusCode,
        headers: Object.fromEntries(flat) as Record<string, string>,
        body: answer.body,
    };
}
