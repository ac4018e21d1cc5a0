// The bytes of an image on a web server, without gap and without repeat, over as many connections as that takes.
import { createHash, type Hash } from "node:crypto";
import { BootsourceError } from "../../model/errors.js";
import type { Bytes, Identity, Opened, Range } from "../contract.js";
import { sameIdentity } from "../same-identity.js";
import { codingsOf, undoCodings } from "./http-coding.js";
import { connectionError, statusError } from "./http-errors.js";
import type { Answer } from "./http-exchange.js";
import { contentRange, identityOf, sizeOfRefusedRange } from "./http-identity.js";
import type { Patience } from "./patience.js";
import type { StallWatch } from "./stall.js";

/** Asks the server something within one attempt. */
export type Ask = (method: "GET" | "HEAD", headers: Record<string, string>, watch: StallWatch) => Promise<Answer>;

/** One transfer. */
export interface Transfer {
    readonly name: string;
    readonly ask: Ask;
    readonly range: Range | undefined;
    /** What the image must still be; left out where the first answer decides. */
    readonly known?: Identity | undefined;
    readonly signal: AbortSignal;
    /** Patience for one reading, with the attempts that are usual or with fewer. */
    readonly patience: (attempts?: number) => Patience;
    readonly watch: (signal: AbortSignal) => StallWatch;
}

/** A transfer that has begun. */
export interface OpenedBody extends Opened {
    /** Whether the server sends the range alone; else it sends the whole image, of which the range is taken. */
    readonly part: boolean;
}

/** A connection that delivers, after so many bytes that are not wanted any more. */
interface Delivery {
    readonly identity: Identity;
    readonly answer: Answer;
    /** What the server did to the bytes, and has to be undone. */
    readonly codings: readonly string[];
    readonly watch: StallWatch;
    /** Bytes that come before the ones wanted: the server began at the first byte of the image. */
    readonly skip: number;
}

/** Opens a transfer: resolves when the server has begun to answer well. */
export async function openBody(transfer: Transfer, attempts?: number): Promise<OpenedBody> {
    const patience = transfer.patience(attempts);
    const first = await deliver(transfer, 0, transfer.known, patience);
    const part = first.answer.status === 206;
    return { identity: first.identity, part, bytes: readAll(transfer, first, patience) };
}

/**
 * Reads on over broken connections. With a strong ETag the next connection begins where the last one broke; without one it
 * begins again, and what was delivered before is compared by its hash, never delivered twice.
 */
async function* readAll(transfer: Transfer, first: Delivery, patience: Patience): Bytes {
    const { name, range, signal } = transfer;
    const hash = first.identity.version === undefined ? createHash("sha256") : undefined;
    const wanted = wantedLength(first.identity, range);
    let delivered = 0;
    let delivery = first;
    try {
        while (delivered < wanted) {
            try {
                for await (const chunk of afterSkip(delivery, delivered, hash, transfer)) {
                    const part = chunk.subarray(0, wanted - delivered);
                    if (part.length === 0) break;
                    delivered += part.length;
                    hash?.update(part);
                    patience.progress();
                    yield part;
                }
                if (delivered >= wanted || wanted === Infinity) return;
                throw new BootsourceError(
                    "unreachable",
                    `cannot read ${name}: the connection ended after ${delivered} of ${wanted} bytes; try again`,
                );
            } catch (thrown) {
                const error = connectionError(name, delivery.watch.reason(thrown));
                delivery.watch.end();
                await patience.after(error, signal, name);
            }
            delivery = await deliver(transfer, delivered, first.identity, patience);
        }
    } finally {
        delivery.watch.end();
    }
}

/** Asks until the server answers well, or patience ends. */
async function deliver(
    transfer: Transfer,
    delivered: number,
    known: Identity | undefined,
    patience: Patience,
): Promise<Delivery> {
    for (;;) {
        const watch = transfer.watch(transfer.signal);
        try {
            return await tryDeliver(transfer, delivered, known, watch);
        } catch (thrown) {
            const error = connectionError(transfer.name, watch.reason(thrown));
            watch.end();
            await patience.after(error, transfer.signal, transfer.name);
        }
    }
}

async function tryDeliver(
    transfer: Transfer,
    delivered: number,
    known: Identity | undefined,
    watch: StallWatch,
): Promise<Delivery> {
    const { name, range } = transfer;
    const start = (range?.offset ?? 0) + delivered;
    const end = range === undefined ? "" : String(range.offset + range.length - 1);
    // Without a strong validator nothing says that the rest belongs to the same image: it is then read from its beginning.
    const validator = known?.version;
    const byRange = range !== undefined ? delivered === 0 || validator !== undefined : validator !== undefined;
    const headers: Record<string, string> = {};
    if (byRange) headers["range"] = `bytes=${start}-${end}`;
    else if (range !== undefined) headers["range"] = `bytes=${range.offset}-${end}`;
    if (validator !== undefined) headers["if-range"] = validator;

    const answer = await transfer.ask("GET", headers, watch);
    if (answer.status === 416) throw refusedRange(name, answer, known);
    const error = statusError(name, answer.status, answer.headers["retry-after"]);
    if (error !== undefined) throw known === undefined ? error : vanished(error);
    const codings = codingsOf(name, answer.address.url.pathname, answer.headers["content-encoding"]);
    const identity = identityOf(answer, codings.length > 0);
    if (known !== undefined) sameIdentity(name, known, identity);
    const before = delivered > 0 || transfer.known !== undefined;
    if (before && validator !== undefined && identity.version === undefined) throw unproven(name);
    if (answer.status === 200) return { identity, answer, codings, watch, skip: start };
    const part = codings.length > 0 ? undefined : contentRange(answer);
    const from = byRange ? start : (range?.offset ?? 0);
    if (headers["range"] === undefined || part?.start !== from) {
        throw new BootsourceError(
            "unexpected-response",
            `cannot read ${name}: asked for bytes from ${from}, the server sent others ` +
                `(Content-Range: ${answer.headers["content-range"] ?? "none"}); use another server`,
        );
    }
    return { identity, answer, codings, watch, skip: start - from };
}

/** The chunks of a delivery from the first wanted byte; what was delivered before must come again as it was. */
async function* afterSkip(delivery: Delivery, delivered: number, hash: Hash | undefined, transfer: Transfer): Bytes {
    const again = delivered > 0 && delivery.skip >= delivered ? createHash("sha256") : undefined;
    let { skip } = delivery;
    for await (let chunk of undoCodings(received(delivery), delivery.codings, transfer.name)) {
        if (skip > 0) {
            const passed = Math.min(skip, chunk.length);
            // The last `delivered` bytes of what is skipped are the ones that were delivered.
            again?.update(chunk.subarray(Math.min(passed, Math.max(0, skip - delivered)), passed));
            skip -= passed;
            chunk = chunk.subarray(passed);
            if (skip === 0 && again !== undefined && hash !== undefined) {
                if (again.digest("hex") !== hash.copy().digest("hex")) throw replaced(transfer.name);
            }
            if (chunk.length === 0) continue;
        }
        yield chunk;
    }
}

/** The bytes as they arrive; only the time that they take counts as the server's. */
async function* received({ answer, watch }: Delivery): Bytes {
    const iterator = answer.body;
    try {
        for (;;) {
            const next = await watch.wait(iterator.next());
            if (next.done === true) return;
            yield next.value;
        }
    } finally {
        await iterator.return();
    }
}

function wantedLength(identity: Identity, range: Range | undefined): number {
    const size = identity.size ?? Infinity;
    if (range === undefined) return size;
    return Math.max(0, Math.min(range.length, size - range.offset));
}

function refusedRange(name: string, answer: Answer, known: Identity | undefined): BootsourceError {
    const size = sizeOfRefusedRange(answer);
    if (size === 0 && known === undefined) {
        return new BootsourceError(
            "empty-source",
            `cannot read ${name}: it has no bytes; check that it was published whole`,
        );
    }
    return replaced(name);
}

/** An image that was there a moment ago may be so again: servers are restarted, and files replaced in more than one step. */
function vanished(error: BootsourceError): BootsourceError {
    if (error.code !== "not-found") return error;
    return new BootsourceError(error.code, error.message, { facts: error.facts, terminal: false });
}

/** Whoever answers If-Range repeats the ETag (RFC 9110, 15.3.7); another may have ignored it, and serve another image. */
function unproven(name: string): BootsourceError {
    return new BootsourceError(
        "unexpected-response",
        `cannot read ${name}: the connection broke, and the server sent the rest without saying of which version it is; ` +
            "try again, or use another server",
    );
}

function replaced(name: string): BootsourceError {
    return new BootsourceError(
        "source-changed",
        `cannot read ${name}: the image at the source was replaced while it was being read; try again`,
    );
}
