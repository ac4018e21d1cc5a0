// Names become paths in a store: whatever the caller has checked, nothing but a DNS name is let in.
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import { isDnsSubdomain } from "../model/names.js";
import { type Kind, type Ref, kinds } from "../model/objects.js";

/** Throws `invalid-argument` for a name that is no DNS name, and for a namespace where none belongs. */
export function refuseUnsafe(kind: Kind, { name, namespace }: Ref): void {
    const missing = kinds[kind].namespaced !== (namespace !== undefined);
    if (!missing && isDnsSubdomain(name) && (namespace === undefined || isDnsSubdomain(namespace))) return;
    throw new BootsourceError(
        "invalid-argument",
        `cannot create ${kind} "${describeRef({ namespace, name })}": a name has lower-case letters, digits, "-" and "." only` +
            (missing ? ", and this kind needs exactly the namespace that belongs to it" : ""),
    );
}
