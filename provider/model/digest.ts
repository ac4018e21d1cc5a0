// Checksums and digests as "algorithm:hex", with CDI's own words for what is wrong with one.
import { BootsourceError } from "./errors.js";

/** Hex digits of each algorithm that a checksum may use (CDI: pkg/util/checksum). */
const lengths = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const;

/** An algorithm that CDI and this package accept for a checksum. */
export type ChecksumAlgorithm = keyof typeof lengths;

/** A parsed checksum; both parts are in lower case. */
export interface Checksum {
    readonly algorithm: ChecksumAlgorithm;
    readonly hex: string;
}

/**
 * Reads "algorithm:hex" (md5, sha1, sha256, sha512), trimmed and in any case. Throws `invalid-argument` with the text that
 * CDI's webhook gives (containerized-data-importer, pkg/util/checksum, 1.65).
 */
export function parseChecksum(text: string): Checksum {
    const colon = text.indexOf(":");
    if (colon < 0) throw invalid(`invalid checksum format: expected 'algorithm:hash', got '${text}'`);
    const algorithm = text.slice(0, colon).trim().toLowerCase();
    const hex = text
        .slice(colon + 1)
        .trim()
        .toLowerCase();
    if (hex === "") throw invalid("checksum hash value cannot be empty");
    if (!isAlgorithm(algorithm)) {
        throw invalid(
            `unsupported hash algorithm '${algorithm}': supported algorithms are: ${Object.keys(lengths).join(", ")}`,
        );
    }
    if (hex.length !== lengths[algorithm]) {
        throw invalid(
            `invalid ${algorithm} hash length: expected ${lengths[algorithm]} hex characters, got ${hex.length}`,
        );
    }
    if (!/^[0-9a-f]+$/.test(hex)) throw invalid(`checksum hash is not valid hexadecimal: ${hex}`);
    return { algorithm, hex };
}

/** The one way to write a checksum down: "sha256:ab12...". */
export function formatChecksum(checksum: Checksum): string {
    return `${checksum.algorithm}:${checksum.hex}`;
}

function isAlgorithm(text: string): text is ChecksumAlgorithm {
    return Object.hasOwn(lengths, text);
}

function invalid(reason: string): BootsourceError {
    return new BootsourceError("invalid-argument", reason);
}
