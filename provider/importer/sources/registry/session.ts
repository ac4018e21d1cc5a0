// Asks one registry about one repository: finds out whether it speaks TLS, proves who asks, and asks again where that was due.
import { isBootsourceError } from "../../../model/errors.js";
import type { ImageReference } from "../../../model/image-reference.js";
import type { RegistrySpec, SourceOptions } from "../../contract.js";
import { exchange, type Answer } from "../http-exchange.js";
import type { StallWatch } from "../stall.js";
import type { Trust } from "../trust.js";
import { Authorizer } from "./authorizer.js";
import { credentialsFor } from "./credentials.js";
import { registryConnectionError } from "./registry-errors.js";

/** A registry, as one source uses it. */
export class RegistrySession {
    readonly #name: string;
    readonly #host: string;
    readonly #trust: Trust;
    readonly #authorizer: Authorizer;
    readonly #path: string;
    /** Where the registry answers, to be tried in this order; one that answered is the only one from then on. */
    #bases: readonly URL[];
    /** Whether it is asked by somebody it may know. */
    readonly known: boolean;

    constructor(name: string, reference: ImageReference, spec: RegistrySpec, { clock }: SourceOptions) {
        const { host, repository } = reference;
        const credentials = credentialsFor(spec, reference);
        this.#name = name;
        this.#host = host;
        this.#trust = { caCertificates: spec.caCertificates, insecureSkipVerify: spec.insecure };
        this.known = credentials !== undefined;
        this.#path = `/v2/${repository}/`;
        const api = apiHosts[host] ?? host;
        this.#bases = (spec.insecure === true ? ["https:", "http:"] : ["https:"]).map(
            (scheme) => new URL(`${scheme}//${api}`),
        );
        const service = { name, trust: this.#trust };
        this.#authorizer = new Authorizer({ name, repository, credentials, clock, service });
    }

    /** Asks for something below the repository ("manifests/latest"), once, in an attempt that is watched. */
    async ask(path: string, headers: Record<string, string>, watch: StallWatch): Promise<Answer> {
        for (let index = 0; ; index += 1) {
            const base = this.#bases[index];
            if (base === undefined) throw new Error("a registry without an address");
            try {
                const answer = await this.#askAt(base, path, headers, watch);
                this.#bases = [base];
                return answer;
            } catch (thrown) {
                // An answer that is not liked is an answer: only who does not speak TLS at all is asked without.
                const more = index + 1 < this.#bases.length && !watch.signal.aborted && !isBootsourceError(thrown);
                if (!more) throw registryConnectionError(this.#name, this.#host, watch.reason(thrown));
            }
        }
    }

    async #askAt(base: URL, path: string, headers: Record<string, string>, watch: StallWatch): Promise<Answer> {
        const url = new URL(this.#path + path, base);
        const { signal } = watch;
        const ask = async (authorization: string | undefined): Promise<Answer> => {
            const secrets: Record<string, string> = authorization === undefined ? {} : { authorization };
            return watch.wait(exchange({ url, secrets }, { method: "GET", headers, trust: this.#trust, signal }));
        };
        const sent = await watch.wait(this.#authorizer.header(base, signal));
        const answer = await ask(sent);
        // Who else asks for a password is not the registry: a store of blobs that it redirects to.
        if (answer.status !== 401 || answer.address.url.origin !== url.origin) return answer;
        await answer.body.dump({ limit: 16_384 });
        const { "www-authenticate": challenge } = answer.headers;
        await watch.wait(this.#authorizer.answer(challenge, sent, base, signal));
        return ask(await this.#authorizer.header(base, signal));
    }
}

/** Where the API of a registry is, when it is not at the name that references have. */
const apiHosts: Readonly<Record<string, string | undefined>> = {
    "docker.io": "registry-1.docker.io",
    "index.docker.io": "registry-1.docker.io",
};
