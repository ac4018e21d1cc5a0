// Which kinds of objects have changed since they were read: known exactly of our own writes, and of others' that there were some.

/** What is known of the store's version, which counts every write. */
export class Versions {
    /** Up to here each write was seen, by kind. */
    #seen: string | undefined;
    /** The last write that may have been of any kind. */
    #any = 0;
    #own = new Map<string, number>();
    #count = 0;

    /** Tells what the store's version is now; a later call of `changed` speaks of it. */
    see(version: string): void {
        if (version === this.#seen) return;
        this.#seen = version;
        this.#any = ++this.#count;
    }

    /** A write of ours: it made `before` into `after`, and was of that kind alone. */
    wrote(kind: string, before: string, after: string): void {
        this.see(before);
        this.#seen = after;
        this.#own.set(kind, ++this.#count);
    }

    /** A write of ours was taken back: its version will be somebody else's. */
    forget(): void {
        this.#seen = undefined;
    }

    /** When a kind last changed, to be compared with an earlier answer. */
    changed(kind: string): number {
        return Math.max(this.#any, this.#own.get(kind) ?? 0);
    }
}
