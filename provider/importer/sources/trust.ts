// Whom to believe that it is who it says: the certificates that TLS connections are checked by.
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { BootsourceError } from "../../model/errors.js";

/** Whom to trust. */
export interface Trust {
    /** PEM certificates trusted beside Node's and the system's own. */
    readonly caCertificates: string | undefined;
    /** Take any certificate, whoever made it, whatever it is for and however old it is. */
    readonly insecureSkipVerify: boolean | undefined;
}

const contexts = new Map<string | undefined, SecureContext>();

/** A context that trusts Node's and the system's certificates, and these; made once, because that takes a while. */
export function trustedContext(caCertificates: string | undefined): SecureContext {
    let context = contexts.get(caCertificates);
    if (context === undefined) contexts.set(caCertificates, (context = makeContext(caCertificates)));
    return context;
}

function makeContext(caCertificates: string | undefined): SecureContext {
    const own = caCertificates?.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
    if (caCertificates !== undefined && own.length === 0) {
        throw new BootsourceError(
            "invalid-argument",
            'cannot use the CA certificates: there is no "-----BEGIN CERTIFICATE-----" in them; give them in PEM form',
        );
    }
    const trusted = [...getCACertificates("default"), ...getCACertificates("system"), ...own];
    try {
        return createSecureContext({ ca: [...new Set(trusted)], minVersion: "TLSv1.2" });
    } catch (thrown) {
        throw new BootsourceError("invalid-argument", "cannot use the CA certificates: they are not valid PEM", {
            cause: thrown,
        });
    }
}
