// One question to a web server and its answer: redirects are followed by hand, because secrets must not travel with them.
import { BootsourceError } from "../../model/errors.js";
import type { AnswerBody } from "./http1/answer-body.js";
import { ask } from "./http1/pool.js";
import { redactUrl, type Address } from "./http-url.js";
import type { Trust } from "./trust.js";

/** An answer, whatever its status. The body must be read, or ended by the signal. */
export interface Answer {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly body: AnswerBody;
    /** Where the answer came from at last. */
    readonly address: Address;
}

/** What is asked. */
export interface Question {
    readonly method: "GET" | "HEAD";
    readonly headers: Readonly<Record<string, string>>;
    readonly trust: Trust;
    readonly signal: AbortSignal;
}

const maxRedirects = 10;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Asks at an address and follows redirects. Secrets go to the address's own origin only, and never again once it was left. */
export async function exchange(start: Address, question: Question): Promise<Answer> {
    let address = start;
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
        const { head, body } = await ask(address.url, question.trust, {
            method: question.method,
            headers: {
                "user-agent": "bootsource",
                ...address.secrets,
                // Last, so that no extra header can ask for another part or another coding than we reckon with.
                "accept-encoding": "identity",
                ...question.headers,
            },
            signal: question.signal,
        });
        const answer = { status: head.status, headers: head.headers, body, address };
        const location = answer.headers["location"];
        if (!redirects.has(head.status) || location === undefined) return answer;
        // The rest of a redirect is of no interest; its connection is used again where it is short.
        await body.dump({ limit: 16_384 });
        address = redirected(address, location);
    }
    throw new BootsourceError(
        "unexpected-response",
        `cannot read ${redactUrl(start.url.href)}: more than ${maxRedirects} redirects follow each other; check the address`,
    );
}

function redirected(from: Address, location: string): Address {
    const name = redactUrl(from.url.href);
    const url = URL.canParse(location, from.url.href) ? new URL(location, from.url.href) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:") {
        throw new BootsourceError(
            "unexpected-response",
            `cannot read ${name}: it redirects to something that is not a web address; check the address`,
        );
    }
    // What a redirect says about a user is the server's, not ours to pass on.
    url.username = "";
    url.password = "";
    if (url.origin === from.url.origin) return { url, secrets: from.secrets };
    if (from.url.protocol === "https:" && url.protocol === "http:" && Object.keys(from.secrets).length > 0) {
        throw new BootsourceError(
            "untrusted",
            `cannot read ${name}: it needs credentials but redirects from https to plain http; use the final address`,
        );
    }
    return { url, secrets: {} };
}
