// A containerdisk as a source: the disk file below `disk/` of a container image, in a registry or in an archive of this machine.
import { isBootsourceError, throwIfCancelled } from "../../model/errors.js";
import { parseReference } from "../../model/image-reference.js";
import type { ContainerFacts } from "../../model/objects.js";
import type { Identity, RegistrySpec, Source, SourceOptions } from "../contract.js";
import { redactUrl } from "./http-url.js";
import { archiveStore } from "./registry/archive-store.js";
import { takeBody } from "./registry/body.js";
import { findDisk } from "./registry/find-disk.js";
import { readConfig } from "./registry/image-config.js";
import type { Beginnings } from "./registry/layer.js";
import { wantedArchitecture } from "./registry/platform.js";
import { remoteStore } from "./registry/remote-store.js";
import { resolveImage, type ResolvedImage } from "./registry/resolve.js";

/** The disk in a container image as a source. It tells its size when it is opened: that is in no manifest. */
export function registrySource(spec: RegistrySpec, options: SourceOptions): Source {
    const reference = parseReference(spec.url);
    const name = registryName(spec.url);
    const architecture = wantedArchitecture(spec.architecture);
    const remote = reference.kind === "docker";
    const store = remote ? remoteStore(name, reference, spec, options) : archiveStore(name, reference);
    const digest = remote ? reference.digest : undefined;
    const beginnings: Beginnings = new Map();
    // What the reference led to when it was asked last: a tag that moves on meanwhile leads nobody astray.
    let last: ResolvedImage | undefined;
    const resolve = async (signal: AbortSignal): Promise<ResolvedImage> => {
        throwIfCancelled(signal, `read ${name}`);
        last = await resolveImage(store, digest, architecture, signal);
        return last;
    };
    return {
        name,
        identify: async (signal) => identityOf((await resolve(signal)).container, undefined),
        async open(_range, signal) {
            throwIfCancelled(signal, `read ${name}`);
            const { manifest, container } = last ?? (await resolve(signal));
            const config = await takeBody(name, await store.blob(manifest.config, signal));
            const labels = readConfig(name, config, manifest.config, architecture);
            const disk = await findDisk(store, manifest.layers, beginnings, signal);
            return { identity: identityOf({ ...container, labels }, disk.size), bytes: disk.bytes };
        },
    };
}

/** A reference for messages; it holds no credentials, or is not repeated as it is. */
export function registryName(url: string): string {
    try {
        parseReference(url);
        return url;
    } catch (thrown) {
        if (isBootsourceError(thrown)) return redactUrl(url);
        throw thrown;
    }
}

function identityOf(container: ContainerFacts, size: number | undefined): Identity {
    return {
        size,
        version: container.digest,
        ranges: false,
        lastModified: undefined,
        mediaType: undefined,
        container,
    };
}
