// One request to the API with patience: what may pass is tried again, as the server asks for it; what is refused is an error.
import type { Clock } from "../model/clock.js";
import type { BootsourceError } from "../model/errors.js";
import { type Status, connectionFailure, isNotServed, mayPass, notAnApi, readStatus, refusal } from "./api-errors.js";
import type { Answer, Client, Sending } from "./client.js";
import { type Subject, pathOf } from "./subjects.js";

/** What a request says beyond its subject. */
export interface Ask {
    readonly body?: unknown;
    readonly query?: Readonly<Record<string, string | undefined>>;
    readonly signal?: AbortSignal;
}

/** What came of it: a 404 is an answer too, of the object or of its whole kind. */
export type Outcome =
    | { readonly found: true; readonly body: unknown }
    | { readonly found: false; readonly served: boolean; readonly error: BootsourceError };

/** Webhooks have half a minute, and the server itself a whole one. */
const answerTimeout = 65_000;
/** A watch is told something every minute. */
const watchTimeout = 90_000;
/** How long a cluster that has answered before may be away: a restarted API server is back by then. */
const patience = 90_000;
/** The same for one that has never answered: a wrong address should not keep anybody waiting. */
const firstPatience = 4_000;
const firstTimeout = 8_000;

/** The API of one cluster. */
export class KubernetesApi {
    readonly #client: Client;
    readonly #clock: Clock;
    readonly #name: string;
    #hasAnswered = false;

    /** `name` is the cluster's in messages. */
    constructor(client: Client, clock: Clock, name: string) {
        this.#client = client;
        this.#clock = clock;
        this.#name = name;
    }

    /**
     * Does what the subject says. Where an earlier attempt may have done it already, what is thrown has the fact `repeated`:
     * its connection broke after the request was sent.
     */
    async ask(subject: Subject, method: Sending["method"], ask: Ask = {}): Promise<Outcome> {
        const started = this.#clock.now();
        let repeated = false;
        for (let attempt = 0; ; attempt++) {
            const tried = await this.#attempt(subject, method, ask, repeated);
            if ("found" in tried) return tried;
            const wait = Math.max(tried.retryAfter ?? 0, Math.min(250 * 2 ** attempt, 8_000));
            const spent = this.#clock.now() - started + wait;
            if (!tried.mayPass || spent > (this.#hasAnswered ? patience : firstPatience)) throw tried.error;
            repeated ||= tried.error.facts["reason"] !== "ECONNREFUSED";
            const { closed } = this.#client;
            const over = ask.signal === undefined ? closed : AbortSignal.any([ask.signal, closed]);
            await this.#clock.sleep(wait, over);
            // A client that was closed fails at once, and so does the next attempt: trying on would leave no time for anything else.
            if (over.aborted) throw tried.error;
        }
    }

    /** The answer of a watch, piece by piece; throws at once what is wrong. */
    async open(subject: Subject, ask: Ask): Promise<Answer> {
        const answer = await this.#send(subject, "GET", ask, watchTimeout);
        if (answer.status === 200) return answer;
        const said = readStatus(await answer.text().catch(() => ""));
        throw refusal(subject, answer.status, said, this.#name);
    }

    async #attempt(subject: Subject, method: Sending["method"], ask: Ask, repeated: boolean): Promise<Attempt> {
        let answer: Answer;
        let text: string;
        try {
            answer = await this.#send(subject, method, ask, answerTimeout);
            text = await answer.text();
        } catch (thrown) {
            const error = connectionFailure(subject, thrown, this.#name);
            return { error, mayPass: !error.terminal && error.code !== "cancelled" };
        }
        const { status } = answer;
        if (status >= 200 && status < 300) {
            const body = readJson(text);
            if (body !== undefined) return { found: true, body };
            return { error: notAnApi(subject, this.#name), mayPass: false };
        }
        const said = readStatus(text);
        const error = refusal(subject, status, repeated ? { ...said, repeated } : said, this.#name);
        if (status === 404) return { found: false, served: !isNotServed(status, said), error };
        return { error, mayPass: mayPass(status), retryAfter: waitFor(answer, said, this.#clock) };
    }

    async #send(subject: Subject, method: Sending["method"], ask: Ask, bodyTimeout: number): Promise<Answer> {
        try {
            const query = Object.entries(ask.query ?? {}).filter((entry): entry is [string, string] => !!entry[1]);
            const search = query.length === 0 ? "" : `?${new URLSearchParams(query).toString()}`;
            const answer = await this.#client.send({
                method,
                path: pathOf(method === "POST" ? { ...subject, name: undefined } : subject) + search,
                body: ask.body,
                signal: ask.signal,
                headTimeout: this.#hasAnswered ? answerTimeout : firstTimeout,
                bodyTimeout,
            });
            this.#hasAnswered = true;
            return answer;
        } catch (thrown) {
            throw connectionFailure(subject, thrown, this.#name);
        }
    }
}

function readJson(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return undefined;
    }
}

type Attempt = Outcome | { readonly error: BootsourceError; readonly mayPass: boolean; readonly retryAfter?: number };

/** Milliseconds that the server asks to wait; at most half a minute, whatever it says. */
function waitFor({ retryAfter }: Answer, { details }: Status, clock: Clock): number {
    const seconds =
        retryAfter === undefined
            ? (details?.retryAfterSeconds ?? 0)
            : /^\d+$/.test(retryAfter.trim())
              ? Number(retryAfter)
              : (Date.parse(retryAfter) - clock.now()) / 1000;
    return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 30) * 1000 : 0;
}
