// How the web server of images answers one request: as well or as badly as a test asks.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";

/** How one image is served. Everything left out is as a good server does it. */
export interface Behaviour {
    readonly bytes: Uint8Array;
    readonly etag?: string | undefined;
    readonly lastModified?: string;
    readonly mediaType?: string;
    /** False: neither says nor does ranges. "claimed": says it, and answers with everything. */
    readonly ranges?: boolean | "claimed";
    /** The status that HEAD gets instead of an answer. */
    readonly head?: number;
    /** "user:password" that is asked for. */
    readonly login?: string;
    /** Statuses of the first GETs, before one is served. */
    readonly failures?: { status: number; headers?: OutgoingHttpHeaders }[];
    /** For each GET of the whole or the rest, in turn: bytes after which the connection is cut. */
    readonly cuts?: number[];
    /** For each GET of the whole or the rest, in turn: bytes after which nothing more is sent. */
    readonly stalls?: number[];
    /** For each GET of a part that is neither the whole nor the rest, in turn: bytes after which the connection is cut. */
    readonly partCuts?: number[];
    /** Gives at most so many bytes of a part, and says so. */
    readonly partLimit?: number;
    /** Answers under way at once; what is asked for beyond that gets this status. */
    readonly busy?: { readonly above: number; readonly status: number };
    /** Other bytes, which ranges are taken from. */
    readonly rangeBytes?: Uint8Array;
    /** Says that every part begins so many bytes later than it does. */
    readonly rangeShift?: number;
    /** What is served after the first so many GETs. */
    readonly later?: Partial<Behaviour> & { readonly after: number; readonly bytes: Uint8Array };
    /** Milliseconds between one 64 KiB and the next. */
    readonly pace?: number;
    /** Leaves the length out. */
    readonly chunked?: boolean;
    /** Headers beside those of a good server, or in their place. */
    readonly headers?: OutgoingHttpHeaders;
    /** The length that HEAD tells, where it is another than GET's. */
    readonly headLength?: number;
    /** Gives parts whatever If-Range says. */
    readonly ignoresIfRange?: boolean;
    /** Answers every GET and HEAD with a redirect to this address. */
    readonly redirect?: string;
}

/** What was seen of all answers. */
export interface Counters {
    /** Bytes of bodies handed to the network. */
    readonly sent: { bytes: number };
    /** Times that an answer has fallen silent. */
    readonly silent: { times: number };
    /** Bodies under way, and the most that there were at once. */
    readonly open: { answers: number; most: number };
}

/** Answers a request for an image that was got so many times before. */
export function respond(
    request: IncomingMessage,
    response: ServerResponse,
    image: { readonly behaviour: Behaviour; readonly gets: number },
    counters: Counters,
): void {
    const behaviour = current(image.behaviour, image.gets);
    if (behaviour.login !== undefined) {
        const wanted = `Basic ${Buffer.from(behaviour.login).toString("base64")}`;
        if (request.headers.authorization !== wanted) {
            response.writeHead(401, { "www-authenticate": "Basic" }).end();
            return;
        }
    }
    if (behaviour.redirect !== undefined) {
        response.writeHead(302, { location: behaviour.redirect }).end();
        return;
    }
    const { ranges = true } = behaviour;
    const headers: OutgoingHttpHeaders = { "content-type": behaviour.mediaType ?? "application/octet-stream" };
    if (ranges !== false) headers["accept-ranges"] = "bytes";
    if (behaviour.etag !== undefined) headers["etag"] = behaviour.etag;
    if (behaviour.lastModified !== undefined) headers["last-modified"] = behaviour.lastModified;
    Object.assign(headers, behaviour.headers);
    if (request.method === "HEAD") {
        if (behaviour.chunked !== true) headers["content-length"] = behaviour.headLength ?? behaviour.bytes.length;
        response.writeHead(behaviour.head ?? 200, behaviour.head === undefined ? headers : {}).end();
        return;
    }
    const failure = behaviour.failures?.shift();
    if (failure !== undefined) {
        response.writeHead(failure.status, failure.headers).end();
        return;
    }
    if (counters.open.answers >= (behaviour.busy?.above ?? Infinity)) {
        response.writeHead(behaviour.busy?.status ?? 503).end();
        return;
    }
    const part = ranges === true ? partOf(request, behaviour) : undefined;
    if (part === undefined) {
        if (behaviour.chunked !== true) headers["content-length"] ??= behaviour.bytes.length;
        response.writeHead(200, headers);
        send(response, behaviour.bytes, behaviour, counters);
        return;
    }
    const { start, end } = part;
    const size = behaviour.bytes.length;
    if (start >= size) {
        response.writeHead(416, { "content-range": `bytes */${size}` }).end();
        return;
    }
    const shift = behaviour.rangeShift ?? 0;
    headers["content-range"] ??= `bytes ${start + shift}-${end - 1 + shift}/${size + shift}`;
    headers["content-length"] = end - start;
    response.writeHead(206, headers);
    const from = behaviour.rangeBytes ?? behaviour.bytes;
    const rest = end === size && start > 0;
    const whole = start === 0 && end === size;
    const { pace, partCuts } = behaviour;
    const trouble = rest ? behaviour : { pace, cuts: whole ? undefined : partCuts };
    send(response, from.subarray(start, end), trouble, counters);
}

function current(behaviour: Behaviour, gets: number): Behaviour {
    const { later } = behaviour;
    return later === undefined || gets < later.after ? behaviour : { ...behaviour, etag: undefined, ...later };
}

function partOf(request: IncomingMessage, behaviour: Behaviour): { start: number; end: number } | undefined {
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const condition = request.headers["if-range"];
    const holds = condition === undefined || condition === behaviour.etag || behaviour.ignoresIfRange === true;
    if (match === null || !holds) return undefined;
    const size = behaviour.bytes.length;
    const start = Number(match[1]);
    const end = match[2] === "" ? size : Math.min(size, Number(match[2]) + 1);
    return { start, end: Math.min(end, start + (behaviour.partLimit ?? Infinity)) };
}

function send(
    response: ServerResponse,
    bytes: Uint8Array,
    trouble: Partial<Record<"cuts" | "stalls", number[] | undefined>> & { readonly pace?: number | undefined },
    counters: Counters,
): void {
    const cut = trouble.cuts?.shift();
    const stall = trouble.stalls?.shift();
    const end = Math.min(bytes.length, cut ?? stall ?? bytes.length);
    counters.open.answers += 1;
    counters.open.most = Math.max(counters.open.most, counters.open.answers);
    response.once("close", () => (counters.open.answers -= 1));
    const step = (at: number): void => {
        if (at < end && !response.destroyed) {
            const chunk = bytes.subarray(at, Math.min(end, at + 65_536));
            counters.sent.bytes += chunk.length;
            // By way of the event loop, as a network does it: other answers get their turn.
            response.write(chunk, () => {
                if (trouble.pace === undefined) setImmediate(step, at + chunk.length);
                else setTimeout(step, trouble.pace, at + chunk.length);
            });
            return;
        }
        if (cut !== undefined) breakOff(response.socket);
        else if (stall === undefined) response.end();
        else counters.silent.times += 1;
    };
    step(0);
}

function breakOff(socket: ServerResponse["socket"]): void {
    // Node can reset a plain connection alone.
    if (socket !== null && "encrypted" in socket) socket.destroy();
    else socket?.resetAndDestroy();
}
