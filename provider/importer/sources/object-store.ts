// What stores of objects (S3, Google Cloud Storage) have in common as sources: an object has a version and gives any part of
// that version, so a broken connection is always gone on with, and never compared or begun again.
import { BootsourceError, isBootsourceError, throwIfCancelled } from "../../model/errors.js";
import type { Bytes, Identity, Opened, Range, Source, SourceOptions } from "../contract.js";
import { sameIdentity } from "../same-identity.js";
import { Patience, defaultAttempts } from "./patience.js";
import { StallWatch, defaultStall } from "./stall.js";

/** An object of a store, asked once for each call; what goes wrong is thrown as it comes. */
export interface StoredObject {
    /** What the object is, without its bytes. */
    head(signal: AbortSignal): Promise<Identity>;
    /** Its bytes from `start` to before `end`; of exactly that version where one is named. */
    get(part: Part, version: string | undefined, signal: AbortSignal): Promise<Opened>;
    /** Our error for what the others threw, without secrets. */
    failure(thrown: unknown): BootsourceError;
}

/** A part of an object; without an end the rest of it, and from 0 without an end all of it. */
export interface Part {
    readonly start: number;
    readonly end: number | undefined;
}

/** An object as a source. */
export function objectSource(name: string, object: StoredObject, options: SourceOptions): Source {
    const { clock, attempts = defaultAttempts, stallMilliseconds = defaultStall } = options;
    const transfer = (signal: AbortSignal): Transfer => ({
        name,
        object,
        signal,
        patience: new Patience(clock, attempts),
        watch: () => new StallWatch(clock, stallMilliseconds, name, signal),
    });
    return {
        name,
        async identify(signal) {
            const { identity, watch } = await insist(transfer(signal), async (attempt) => ({
                identity: await object.head(attempt.signal),
            }));
            watch.end();
            return identity;
        },
        async open(range, signal) {
            const open = transfer(signal);
            const start = range?.offset ?? 0;
            const end = range === undefined ? undefined : range.offset + range.length;
            const first = await insist(open, (attempt) => object.get({ start, end }, undefined, attempt.signal));
            return { identity: first.identity, bytes: readAll(open, first, range) };
        },
    };
}

/** One transfer. */
interface Transfer {
    readonly name: string;
    readonly object: StoredObject;
    readonly signal: AbortSignal;
    readonly patience: Patience;
    readonly watch: () => StallWatch;
}

/** Asks until the store answers well, or patience ends. The watch goes on with what was answered. */
async function insist<T>(
    { name, object, signal, patience, watch }: Transfer,
    ask: (watch: StallWatch) => Promise<T>,
): Promise<T & { readonly watch: StallWatch }> {
    for (;;) {
        throwIfCancelled(signal, `read ${name}`);
        const attempt = watch();
        try {
            return { ...(await attempt.wait(Promise.race([ask(attempt), ended(attempt.signal)]))), watch: attempt };
        } catch (thrown) {
            const error = object.failure(attempt.reason(thrown));
            attempt.end();
            await patience.after(error, signal, name);
        }
    }
}

/** Rejects as soon as the signal says so: vendors' libraries look for keys for a while, and cannot be told to stop. */
function ended(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
        const end = (): void => {
            reject(signal.reason as Error);
        };
        if (signal.aborted) end();
        else signal.addEventListener("abort", end, { once: true });
    });
}

/** Reads on over broken connections, each of which begins where the last one broke. */
async function* readAll(
    transfer: Transfer,
    first: Opened & { readonly watch: StallWatch },
    range: Range | undefined,
): Bytes {
    const { name, object, signal, patience } = transfer;
    const { identity } = first;
    const start = range?.offset ?? 0;
    const end = Math.min(identity.size ?? Infinity, range === undefined ? Infinity : start + range.length);
    let at = start;
    let delivery = first;
    try {
        while (at < end) {
            try {
                for await (const chunk of watched(delivery)) {
                    const part = chunk.subarray(0, end - at);
                    at += part.length;
                    patience.progress();
                    yield part;
                    if (at >= end) return;
                }
                // A server that did not say how much there is has said it now.
                if (end === Infinity) return;
                throw new BootsourceError(
                    "unreachable",
                    `cannot read ${name}: the connection ended at byte ${at} of ${end}; try again`,
                );
            } catch (thrown) {
                const error = object.failure(delivery.watch.reason(thrown));
                delivery.watch.end();
                // Without a version nothing would say that the rest belongs to what was read.
                if (identity.version === undefined && at > start && !signal.aborted) throw error;
                await patience.after(error, signal, name);
            }
            const rest = { start: at, end: range === undefined ? undefined : start + range.length };
            try {
                delivery = await insist(transfer, (attempt) => object.get(rest, identity.version, attempt.signal));
            } catch (thrown) {
                throw isBootsourceError(thrown) && thrown.code === "not-found" ? gone(name) : thrown;
            }
            sameIdentity(name, identity, delivery.identity);
        }
    } finally {
        delivery.watch.end();
    }
}

/** What was there a moment ago has made way for another, as far as we can tell. */
function gone(name: string): BootsourceError {
    return new BootsourceError(
        "source-changed",
        `cannot read ${name}: the object was replaced or removed while it was being read; try again`,
    );
}

/** The chunks of a delivery, each of which must come in time. */
async function* watched({ bytes, watch }: Opened & { readonly watch: StallWatch }): Bytes {
    const iterator = bytes[Symbol.asyncIterator]();
    try {
        for (;;) {
            const next = await watch.wait(iterator.next());
            if (next.done === true) return;
            yield next.value;
        }
    } finally {
        await iterator.return?.();
    }
}
