// Tokens for a registry: asked for by GET with a password, or by POST with a refresh token (distribution: "token authentication").
import { BootsourceError } from "../../../model/errors.js";
import { connectionError, statusError } from "../http-errors.js";
import { exchange, type Answer } from "../http-exchange.js";
import { ask as askServer } from "../http1/pool.js";
import type { Trust } from "../trust.js";
import { takeBody } from "./body.js";
import { basicHeader, type Credentials } from "./credentials.js";
import { refusedAccess } from "./registry-errors.js";

/** A service that gives out tokens. */
export interface TokenService {
    /** The image for messages. */
    readonly name: string;
    readonly url: URL;
    readonly trust: Trust;
    readonly signal: AbortSignal;
}

/** What a token is for. */
export interface TokenUse {
    readonly service: string | undefined;
    readonly scope: string;
}

/** A token, and how long it is good. */
export interface Token {
    readonly value: string;
    readonly seconds: number;
}

/** Tokens live so long where nothing is said (and at least so long, because some services say 0). */
const shortestLife = 60;

/** Gets a token. */
export async function fetchToken(
    service: TokenService,
    credentials: Credentials | undefined,
    use: TokenUse,
): Promise<Token> {
    const { name } = service;
    const answer = await ask(service, credentials, use).catch((thrown: unknown) => {
        throw connectionError(name, thrown);
    });
    if (answer.status === 401 || answer.status === 403) {
        await answer.body.dump({ limit: 16_384 });
        throw refusedAccess(name, answer.status, credentials !== undefined);
    }
    const error = statusError(name, answer.status, answer.headers["retry-after"]);
    if (error !== undefined) throw error;
    return parseToken(name, await takeBody(name, answer.body));
}

async function ask(service: TokenService, credentials: Credentials | undefined, use: TokenUse): Promise<Answer> {
    const { url, trust, signal } = service;
    if (credentials !== undefined && "refreshToken" in credentials) {
        return exchangeToken(service, credentials.refreshToken, use);
    }
    const asked = new URL(url);
    if (use.service !== undefined) asked.searchParams.set("service", use.service);
    asked.searchParams.set("scope", use.scope);
    const secrets: Record<string, string> =
        credentials === undefined ? {} : { authorization: basicHeader(credentials) };
    return exchange({ url: asked, secrets }, { method: "GET", headers: {}, trust, signal });
}

/** A refresh token travels in the body, which no redirect may carry elsewhere: none is followed. */
async function exchangeToken(
    { url, trust, signal }: TokenService,
    refreshToken: string,
    use: TokenUse,
): Promise<Answer> {
    const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "bootsource", scope: use.scope });
    if (use.service !== undefined) form.set("service", use.service);
    form.set("refresh_token", refreshToken);
    const { head, body } = await askServer(url, trust, {
        method: "POST",
        headers: { "user-agent": "bootsource", "content-type": "application/x-www-form-urlencoded" },
        body: form.toString(),
        signal,
    });
    return { status: head.status, headers: head.headers, body, address: { url, secrets: {} } };
}

function parseToken(name: string, bytes: Uint8Array): Token {
    let answer: unknown;
    try {
        answer = JSON.parse(Buffer.from(bytes).toString("utf8"));
    } catch {
        // Not repeated: it may hold a token.
        throw noToken(name);
    }
    const given = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
    const value = given["token"] ?? given["access_token"];
    if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) throw noToken(name);
    const seconds = given["expires_in"];
    return { value, seconds: Math.max(shortestLife, typeof seconds === "number" ? seconds : 0) };
}

function noToken(name: string): BootsourceError {
    return new BootsourceError(
        "unexpected-response",
        `cannot read ${name}: what the registry's token service sent is no token; check the address`,
    );
}
