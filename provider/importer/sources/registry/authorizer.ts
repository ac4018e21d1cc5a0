// Proves to a registry who asks: nothing, a password, or a token that the service it names gives out for this repository.
import type { Clock } from "../../../model/clock.js";
import { BootsourceError } from "../../../model/errors.js";
import { parseChallenges, type Challenge } from "./challenge.js";
import { basicHeader, type Credentials } from "./credentials.js";
import { refusedAccess } from "./registry-errors.js";
import { fetchToken, type TokenService } from "./token.js";

/** What an authorizer needs to know of its registry. */
export interface AuthorizerOptions {
    readonly name: string;
    readonly repository: string;
    readonly credentials: Credentials | undefined;
    readonly clock: Clock;
    readonly service: Omit<TokenService, "url" | "signal">;
}

/** The `authorization` of one repository, learnt from its registry's answers and kept while it is good. */
export class Authorizer {
    readonly #options: AuthorizerOptions;
    #header: string | undefined;
    #expires = Infinity;
    #bearer: Challenge | undefined;

    constructor(options: AuthorizerOptions) {
        this.#options = options;
    }

    /** What to send along; nothing before the registry has asked for something. */
    async header(base: URL, signal: AbortSignal): Promise<string | undefined> {
        if (this.#bearer !== undefined && this.#options.clock.now() >= this.#expires) {
            await this.#fetch(this.#bearer, base, signal);
        }
        return this.#header;
    }

    /** Answers a 401; throws where there is nothing (more) to answer with. `refused` is what was sent and was not enough. */
    async answer(
        header: string | undefined,
        refused: string | undefined,
        base: URL,
        signal: AbortSignal,
    ): Promise<void> {
        const challenges = parseChallenges(header);
        const bearer = challenges.find(({ scheme }) => scheme === "bearer");
        if (bearer !== undefined) {
            await this.#fetch(bearer, base, signal);
            return;
        }
        const { credentials, name } = this.#options;
        const basic = challenges.some(({ scheme }) => scheme === "basic");
        if (!basic || refused !== undefined || credentials === undefined || "refreshToken" in credentials) {
            throw refusedAccess(name, 401, credentials !== undefined);
        }
        this.#header = basicHeader(credentials);
    }

    async #fetch(bearer: Challenge, base: URL, signal: AbortSignal): Promise<void> {
        const { name, repository, credentials, clock, service } = this.#options;
        const url = serviceUrl(name, bearer, base, credentials !== undefined);
        const token = await fetchToken({ ...service, url, signal }, credentials, {
            service: bearer.parameters["service"],
            scope: bearer.parameters["scope"] ?? `repository:${repository}:pull`,
        });
        this.#bearer = bearer;
        this.#header = `Bearer ${token.value}`;
        this.#expires = clock.now() + token.seconds * 1000;
    }
}

/** Where tokens come from. A registry with TLS must not have us send its credentials without. */
function serviceUrl(name: string, { parameters }: Challenge, base: URL, secret: boolean): URL {
    const realm = parameters["realm"] ?? "";
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:") {
        throw new BootsourceError(
            "unexpected-response",
            `cannot read ${name}: the registry asks for a token and does not say where to get one; check the address`,
        );
    }
    if (secret && url.protocol === "http:" && base.protocol === "https:") {
        throw new BootsourceError(
            "untrusted",
            `cannot read ${name}: the registry wants the credentials sent to ${url.host} by plain http; ask its administrator`,
        );
    }
    url.username = "";
    url.password = "";
    return url;
}
