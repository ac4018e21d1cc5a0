// The parts of an image in a registry: documents as a whole, blobs as streams that go on where a connection broke.
import { throwIfCancelled } from "../../../model/errors.js";
import type { ImageReference } from "../../../model/image-reference.js";
import type { RegistrySpec, SourceOptions } from "../../contract.js";
import { openBody, type Ask } from "../http-body.js";
import { connectionError } from "../http-errors.js";
import { Patience, defaultAttempts } from "../patience.js";
import { StallWatch, defaultStall } from "../stall.js";
import { takeBody } from "./body.js";
import { manifestTypes } from "./manifest-types.js";
import { answerError } from "./registry-errors.js";
import { RegistrySession } from "./session.js";
import type { Descriptor, ImageStore } from "./store.js";

/** The registry that a reference names, as a store of its image's parts. */
export function remoteStore(
    name: string,
    reference: ImageReference,
    spec: RegistrySpec,
    options: SourceOptions,
): ImageStore {
    const session = new RegistrySession(name, reference, spec, options);
    const { clock, attempts = defaultAttempts, stallMilliseconds = defaultStall } = options;
    const patience = (fewer = attempts): Patience => new Patience(clock, fewer);
    const startWatch = (signal: AbortSignal): StallWatch => new StallWatch(clock, stallMilliseconds, name, signal);

    const tryManifest = async (path: string, watch: StallWatch): Promise<Buffer> => {
        const answer = await session.ask(path, { accept: manifestTypes.join(", ") }, watch);
        const error = answerError(name, "manifest", answer, session.known);
        if (error !== undefined) throw error;
        return watch.wait(takeBody(name, answer.body));
    };

    return {
        name,
        async manifest(digest, signal) {
            const path = `manifests/${digest ?? reference.digest ?? reference.tag ?? "latest"}`;
            for (const patient = patience(); ;) {
                throwIfCancelled(signal, `read ${name}`);
                const watch = startWatch(signal);
                try {
                    return await tryManifest(path, watch);
                } catch (thrown) {
                    await patient.after(connectionError(name, watch.reason(thrown)), signal, name);
                } finally {
                    watch.end();
                }
            }
        },
        async blob(part, signal) {
            throwIfCancelled(signal, `read ${name}`);
            const ask = askForBlob(name, session, part);
            return (await openBody({ name, ask, range: undefined, signal, patience, watch: startWatch })).bytes;
        },
    };
}

/**
 * Blobs are named by their digest, and whoever reads one compares it at the end: the name is the strong validator that lets
 * a transfer go on where it broke, whatever the registry, or the store that it redirects to, has for an ETag.
 */
function askForBlob(name: string, session: RegistrySession, { digest }: Descriptor): Ask {
    return async (_method, { "if-range": _validator, ...headers }, watch) => {
        const answer = await session.ask(`blobs/${digest}`, headers, watch);
        const error = answer.status === 416 ? undefined : answerError(name, "blob", answer, session.known);
        if (error !== undefined) throw error;
        return { ...answer, headers: { ...answer.headers, etag: `"${digest}"`, "last-modified": undefined } };
    };
}
