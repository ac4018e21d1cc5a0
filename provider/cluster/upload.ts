// A file of this machine on its way to a claim of a cluster: what is sent, what it must be, and who is told how far it is.

/** What is sent. */
export interface Upload {
    /** Absolute. */
    readonly path: string;
    /** "algorithm:hex" that the bytes must have; the last of them are kept back until the sum of all is known to be right. */
    readonly checksum: string | undefined;
    readonly signal: AbortSignal;
    /** Told after each piece; it begins anew where a connection was cut. */
    sent(bytes: number, total: number): void;
    /** Told why nothing is being sent at the moment. */
    waits(reason: string): void;
}
