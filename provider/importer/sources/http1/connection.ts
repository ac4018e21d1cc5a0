// One connection to a server: a question at a time. What arrives is read straight into lent memory, and never copied.
import type { OnReadOpts, Socket } from "node:net";
import { LentRoom } from "../../lent.js";
import { AnswerReader, type Answered } from "./answer-reader.js";
import { formatHead, HttpError } from "./head.js";

/** What is asked of a server. */
export interface HttpQuestion {
    readonly method: "GET" | "HEAD" | "POST";
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | undefined;
    readonly signal: AbortSignal;
}

/** Less than this at the end of a memory is left unused: reading little at a time costs more. */
const leastRead = 128 * 1024;

/** A connection, given the options by which a socket reads. */
export class Connection {
    #socket: Socket | undefined;
    readonly #room = new LentRoom();
    #reader: AnswerReader | undefined;
    /** Ends the listening for who does not want the answer any more. */
    #forget: (() => void) | undefined;
    #isOpen = true;
    #isClosed = false;
    /** Called when an answer is through, and the connection is good for another. */
    onIdle: () => void = () => undefined;
    /** Called when it is good for nothing any more. */
    onClose: () => void = () => undefined;

    /** How the socket of this connection has to read. */
    readonly onread: OnReadOpts = {
        buffer: () => this.#room.room(leastRead),
        callback: (length) => this.#take(this.#room.take(length)),
    };

    /** The socket is connected, and proven where that is wanted. */
    open(socket: Socket): this {
        this.#socket = socket;
        socket.setNoDelay(true);
        socket.setKeepAlive(true, 60_000);
        // Only where the socket reads by itself: TLS through a tunnel does.
        socket.on("data", (data: Buffer) => {
            if (!this.#takeCopy(data)) socket.pause();
        });
        socket.on("end", () => {
            this.#end();
        });
        socket.on("error", (error) => {
            this.#end(error);
        });
        socket.on("close", () => {
            this.#end();
            // Not before: the socket might still have read into it.
            this.#room.giveBack();
        });
        return this;
    }

    /** Asks; the answer's head has arrived when it resolves. `begun` of an error says whether the server has said anything. */
    async ask(target: string, { method, headers, body, signal }: HttpQuestion): Promise<Answered> {
        const socket = this.#socket;
        if (socket === undefined || !this.#isOpen || this.#reader !== undefined)
            throw new Error("a connection is not free");
        signal.throwIfAborted();
        const head = formatHead(method, target, headers, body === undefined ? undefined : Buffer.byteLength(body));
        const reader = new AnswerReader(method, {
            resume: () => {
                socket.resume();
            },
            leave: () => {
                this.close();
            },
            complete: (reusable) => {
                this.#complete(reusable);
            },
        });
        const abort = (): void => {
            reader.fail(signal.reason as Error, true);
            this.close();
        };
        this.#reader = reader;
        signal.addEventListener("abort", abort, { once: true });
        this.#forget = () => {
            signal.removeEventListener("abort", abort);
        };
        socket.ref();
        socket.resume();
        socket.write(head, "latin1");
        if (body !== undefined) socket.write(body);
        return reader.answered;
    }

    /** Whether the server has said anything about the question that was asked last. */
    get begun(): boolean {
        return this.#reader?.begun === true;
    }

    /** Does not keep the program alive, until something is asked. */
    unref(): void {
        this.#socket?.unref();
    }

    /** Ends the connection at once. */
    close(): void {
        if (this.#isClosed) return;
        this.#isClosed = true;
        this.#isOpen = false;
        this.#forget?.();
        this.#socket?.destroy();
        this.onClose();
    }

    #take(data: Uint8Array): boolean {
        if (!this.#isOpen) return false;
        try {
            // Nobody asked for anything: what comes now cannot be believed, nor what follows it.
            if (this.#reader === undefined) throw new HttpError("HTTP_INVALID", "an answer came before its question");
            return this.#reader.take(data);
        } catch (thrown) {
            this.#reader?.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
            this.close();
            return false;
        }
    }

    #takeCopy(data: Uint8Array): boolean {
        let more = true;
        for (let at = 0; at < data.length && this.#isOpen;) {
            const room = this.#room.room(leastRead);
            const part = data.subarray(at, at + room.length);
            room.set(part);
            at += part.length;
            more = this.#take(this.#room.take(part.length));
        }
        return more;
    }

    #complete(reusable: boolean): void {
        this.#reader = undefined;
        this.#forget?.();
        this.#forget = undefined;
        if (reusable) this.onIdle();
        else this.close();
    }

    #end(error?: Error): void {
        const reader = this.#reader;
        this.#isOpen = false;
        reader?.end(error);
        this.close();
    }
}
