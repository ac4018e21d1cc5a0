// Reads one answer out of what arrives on a connection, however it is torn: head, body, and nothing behind it.
import { AnswerBody, type BodyOwner } from "./answer-body.js";
import { Chunked } from "./chunked.js";
import { HttpError, invalid, longestHead, parseHead, type Head } from "./head.js";

/** An answer whose head has arrived. */
export interface Answered {
    readonly head: Head;
    readonly body: AnswerBody;
}

/** What an answer needs of its connection. */
export interface AnswerOwner extends BodyOwner {
    /** The last byte of the body has arrived. */
    complete(reusable: boolean): void;
}

/** One answer on its way. */
export class AnswerReader {
    readonly #method: string;
    readonly #owner: AnswerOwner;
    #settle: { resolve(answered: Answered): void; reject(error: Error): void } | undefined;
    #text = "";
    #head: Head | undefined;
    readonly #body: AnswerBody;
    readonly #chunked = new Chunked();
    /** Bytes of a body of known length that are still to come. */
    #left = 0;
    #over = false;
    /** Whether the server has said anything. */
    begun = false;
    /** The head, as soon as it is there. */
    readonly answered: Promise<Answered>;

    constructor(method: string, owner: AnswerOwner) {
        this.#method = method;
        this.#owner = owner;
        this.#body = new AnswerBody(owner);
        this.answered = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    }

    /** Bytes that have arrived; false where no more should for now. Throws where they are no answer. */
    take(data: Uint8Array): boolean {
        if (data.length > 0) this.begun = true;
        let rest = data;
        while (this.#head === undefined) {
            const after = this.#takeHead(rest);
            if (after === undefined) return true;
            rest = after;
        }
        return this.#takeBody(this.#head, rest);
    }

    /** The connection has ended; `error` where it broke. Throws where that was too early. */
    end(error?: Error): void {
        if (this.#over) return;
        if (error === undefined && this.#head?.framing.kind === "close") {
            this.#finish();
            return;
        }
        this.fail(error ?? new HttpError("HTTP_CLOSED", "the server closed the connection"));
    }

    /** Nothing more is to be expected; where it is `unwanted`, not even what has arrived. */
    fail(error: Error, unwanted = false): void {
        this.#over = true;
        this.#settle?.reject(error);
        this.#settle = undefined;
        this.#body.fail(error, unwanted);
    }

    /** What follows the head, once it has arrived. */
    #takeHead(data: Uint8Array): Uint8Array | undefined {
        const before = this.#text.length;
        // No more is looked at than a head may have.
        const looked = data.subarray(0, longestHead + 4);
        this.#text += Buffer.from(looked.buffer, looked.byteOffset, looked.byteLength).toString("latin1");
        const start = this.#text.slice(0, 7);
        if (!"HTTP/1.".startsWith(start)) throw invalid("it begins otherwise");
        const end = this.#text.indexOf("\r\n\r\n", Math.max(0, before - 3));
        if (end > longestHead || (end < 0 && this.#text.length > longestHead)) throw invalid("its head is too long");
        if (end < 0) return undefined;
        const head = parseHead(this.#text.slice(0, end), this.#method);
        this.#text = "";
        const rest = data.subarray(end + 4 - before);
        if (head.status < 200) {
            // Others are on their way ("continue", "early hints"); nobody asked for another protocol.
            if (head.status === 101) throw invalid("it changes the protocol");
            return rest.length > 0 ? rest : undefined;
        }
        this.#head = head;
        this.#left = head.framing.kind === "length" ? head.framing.length : 0;
        this.#settle?.resolve({ head, body: this.#body });
        this.#settle = undefined;
        return rest;
    }

    #takeBody({ framing }: Head, data: Uint8Array): boolean {
        let more = true;
        let taken = data.length;
        if (framing.kind === "chunked") {
            taken = this.#chunked.take(data, (part) => (more = this.#body.push(part)));
            if (this.#chunked.over) this.#finish(taken === data.length);
        } else if (framing.kind === "length") {
            taken = Math.min(this.#left, data.length);
            this.#left -= taken;
            if (taken > 0) more = this.#body.push(data.subarray(0, taken));
            if (this.#left === 0) this.#finish(taken === data.length);
        } else if (data.length > 0) {
            more = this.#body.push(data);
        }
        return more || this.#over;
    }

    /** What follows an answer that nobody asked for belongs to none: such a connection is not used again. */
    #finish(clean = true): void {
        this.#over = true;
        this.#body.end();
        this.#owner.complete(clean && this.#head?.reusable === true);
    }
}
