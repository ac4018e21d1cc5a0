// The chunked coding (RFC 9112, 7.1), undone without a copy: what it gives are parts of what it is given.
import { invalid, longestHead, parseFields } from "./head.js";

/** A line with the size of a chunk, and whatever a server says about it. */
const sizeLine = /^([0-9a-f]{1,13})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*|[ \t]*)$/i;
const longestSizeLine = 4096;

/** Reads one body, however it is torn. */
export class Chunked {
    /** Bytes of the present chunk that are still to come. */
    #left = 0;
    #expects: "size" | "gap" | "trailer" = "size";
    #line = "";
    #trailers = 0;
    /** The last chunk and the trailers are through. */
    over = false;

    /** The bytes of the body in what has arrived, and how much of it was taken: all, but behind the end. */
    take(data: Uint8Array, give: (part: Uint8Array) => void): number {
        let at = 0;
        while (at < data.length && !this.over) {
            if (this.#left > 0) {
                const part = data.subarray(at, at + this.#left);
                this.#left -= part.length;
                at += part.length;
                give(part);
            } else {
                at = this.#takeLine(data, at);
            }
        }
        return at;
    }

    #takeLine(data: Uint8Array, from: number): number {
        const end = data.indexOf(0x0a, from);
        const to = end < 0 ? data.length : end + 1;
        const most = this.#expects === "gap" ? 2 : this.#expects === "size" ? longestSizeLine : longestHead;
        if (this.#line.length + to - from > most) throw invalid("a line between its chunks is too long");
        this.#line += Buffer.from(data.buffer, data.byteOffset + from, to - from).toString("latin1");
        if (end >= 0) {
            const line = this.#line;
            this.#line = "";
            if (!line.endsWith("\r\n")) throw invalid("a line between its chunks has no proper end");
            this.#understand(line.slice(0, -2));
        }
        return to;
    }

    #understand(line: string): void {
        switch (this.#expects) {
            case "gap":
                if (line !== "") throw invalid("a chunk is longer than it says");
                this.#expects = "size";
                return;
            case "size": {
                const size = sizeLine.exec(line)?.[1];
                if (size === undefined) throw invalid("the size of a chunk is none");
                this.#left = Number.parseInt(size, 16);
                this.#expects = this.#left === 0 ? "trailer" : "gap";
                return;
            }
            case "trailer":
                this.#trailers += line.length;
                if (this.#trailers > longestHead) throw invalid("its trailers are too long");
                if (line === "") this.over = true;
                else parseFields([line]);
        }
    }
}
