// Images on web servers: asked for by HEAD, read by GET, whole or by ranges, and resumed where a connection breaks.
import { throwIfCancelled } from "../../model/errors.js";
import type { Identity, Source, SourceSpec, SourceOptions } from "../contract.js";
import { errorCode } from "../file-system-error.js";
import { codingsOf } from "./http-coding.js";
import { connectionError, statusError } from "./http-errors.js";
import { exchange, type Answer } from "./http-exchange.js";
import { identityOf, sizeOfRefusedRange } from "./http-identity.js";
import { openBody, type Ask } from "./http-body.js";
import { openParallel } from "./http-parallel.js";
import { parseAddress, redactUrl, type Address } from "./http-url.js";
import { Patience, defaultAttempts } from "./patience.js";
import { StallWatch, defaultStall } from "./stall.js";

const defaultConnections = 4;
const defaultPart = 8 * 1024 * 1024;
const defaultEnough = 100 * 1024 * 1024;

/** An http or https address as a source. */
export function httpSource(spec: Extract<SourceSpec, { kind: "http" }>, options: SourceOptions): Source {
    const name = redactUrl(spec.url);
    const start = parseAddress(spec);
    const { clock, stallMilliseconds = defaultStall } = options;
    const { connections = defaultConnections, partBytes = defaultPart, enough = defaultEnough } = options;
    const patience = (attempts = options.attempts ?? defaultAttempts) => new Patience(clock, attempts);
    const newWatch = (signal: AbortSignal) => new StallWatch(clock, stallMilliseconds, name, signal);
    // What the server said last: whether it is worth asking for parts. Whether it keeps to that, each answer shows.
    let said: Identity | undefined;
    const trust = { caCertificates: spec.caCertificates, insecureSkipVerify: spec.insecureSkipVerify };
    // Where redirects led before: mirrors are chosen anew at each redirect, and no two need have the same bytes at hand.
    let found: Address | undefined;

    const askAt = async (
        address: Address,
        method: "GET" | "HEAD",
        headers: Record<string, string>,
        watch: StallWatch,
    ) => {
        return watch.wait(exchange(address, { method, headers, trust, signal: watch.signal }));
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
            const patient = patience();
            for (;;) {
                throwIfCancelled(signal, `read ${name}`);
                const watch = newWatch(signal);
                try {
                    said = await identify(name, ask, watch);
                    return said;
                } catch (thrown) {
                    await patient.after(connectionError(name, watch.reason(thrown)), signal, name);
                } finally {
                    watch.end();
                }
            }
        },
        open: (range, signal) => {
            const transfer = { name, ask, range, signal, patience, watch: newWatch };
            const length = Math.min(range?.length ?? Infinity, (said?.size ?? 0) - (range?.offset ?? 0));
            const parts = connections > 1 && length >= connections * partBytes;
            if (said?.version === undefined || !said.ranges || !parts) return openBody(transfer);
            return openParallel(transfer, said, { connections, partBytes, enough });
        },
    };
}

/** HEAD, and one byte by GET where a server refuses HEAD: some presigned addresses are good for GET alone. */
async function identify(name: string, ask: Ask, watch: StallWatch): Promise<Identity> {
    const head = await ask("HEAD", {}, watch).catch(refusedByClosing);
    await head?.body.dump();
    if (head?.status === 200) {
        const identity = identityOf(head, isCoded(name, head));
        // Some servers answer HEAD with the length of its (empty) body.
        return identity.size === 0 ? { ...identity, size: undefined } : identity;
    }
    const answer: Answer = await ask("GET", { range: "bytes=0-0" }, watch);
    if (answer.status === 416 && sizeOfRefusedRange(answer) === 0) return { ...identityOf(answer), size: 0 };
    const error = statusError(name, answer.status, answer.headers["retry-after"]);
    if (error !== undefined) throw error;
    return identityOf(answer, isCoded(name, answer));
}

/** Some servers answer HEAD by closing the connection. Where there is no server at all, GET will say so. */
function refusedByClosing(thrown: unknown): undefined {
    if (!/^(?:HTTP_CLOSED|ECONNRESET|EPIPE)$/.test(errorCode(thrown))) throw thrown;
}

function isCoded(name: string, { address, headers }: Answer): boolean {
    return codingsOf(name, address.url.pathname, headers["content-encoding"]).length > 0;
}
