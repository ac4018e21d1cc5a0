// Images on web servers: asked for by HEAD, read by GET, whole or by ranges, and resumed where a connection breaks.
import { throwIfCancelled } from "../../model/errors.js";
import type { Identity, Source, SourceSpec, SourceOptions } from "../contract.js";
import { connectionError, statusError } from "./http-errors.js";
import { exchange, type Answer } from "./http-exchange.js";
import { identityOf, sizeOfRefusedRange } from "./http-identity.js";
import { openBody, type Ask } from "./http-body.js";
import { parseAddress, redactUrl, type Address } from "./http-url.js";
import { Patience } from "./patience.js";
import { StallWatch } from "./stall.js";

const defaultAttempts = 6;
const defaultStall = 60_000;

/** An http or https address as a source. */
export function httpSource(spec: Extract<SourceSpec, { kind: "http" }>, options: SourceOptions): Source {
    const name = redactUrl(spec.url);
    const start = parseAddress(spec);
    const { clock, attempts = defaultAttempts, stallMilliseconds = defaultStall } = options;
    // Where redirects led before: mirrors are chosen anew at each redirect, and no two need have the same bytes at hand.
    let found: Address | undefined;

    const askAt = async (
        address: Address,
        method: "GET" | "HEAD",
        headers: Record<string, string>,
        watch: StallWatch,
    ) => {
        const question = { method, headers, caCertificates: spec.caCertificates, signal: watch.signal };
        return watch.wait(exchange(address, question));
    };
    const ask: Ask = async (method, headers, watch) => {
        const known = found;
        try {
            let answer = await askAt(known ?? start, method, headers, watch);
            if (known !== undefined && answer.status >= 400 && answer.status !== 416) {
                // Addresses behind a redirect may expire; the one that the user gave does not.
                await answer.body.dump();
                answer = await askAt(start, method, headers, watch);
            }
            const elsewhere = answer.address.url.href !== start.url.href;
            found = elsewhere && answer.status < 400 ? answer.address : undefined;
            return answer;
        } catch (thrown) {
            found = undefined;
            throw thrown;
        }
    };

    return {
        name,
        async identify(signal) {
            const patience = new Patience(clock, attempts);
            for (;;) {
                throwIfCancelled(signal, `read ${name}`);
                const watch = new StallWatch(clock, stallMilliseconds, name, signal);
                try {
                    return await identify(name, ask, watch);
                } catch (thrown) {
                    await patience.after(connectionError(name, watch.reason(thrown)), signal, name);
                } finally {
                    watch.end();
                }
            }
        },
        open: (range, signal) =>
            openBody({
                name,
                ask,
                range,
                signal,
                patience: new Patience(clock, attempts),
                watch: () => new StallWatch(clock, stallMilliseconds, name, signal),
            }),
    };
}

/** HEAD, and one byte by GET where a server refuses HEAD: some presigned addresses are good for GET alone. */
async function identify(name: string, ask: Ask, watch: StallWatch): Promise<Identity> {
    const head = await ask("HEAD", {}, watch);
    await head.body.dump();
    if (head.status === 200) {
        const identity = identityOf(head);
        // Some servers answer HEAD with the length of its (empty) body.
        return identity.size === 0 ? { ...identity, size: undefined } : identity;
    }
    const answer: Answer = await ask("GET", { range: "bytes=0-0" }, watch);
    if (answer.status === 416 && sizeOfRefusedRange(answer) === 0) return { ...identityOf(answer), size: 0 };
    const error = statusError(name, answer.status, answer.headers["retry-after"]);
    if (error !== undefined) throw error;
    return identityOf(answer);
}
