// What each kind of container does: CDI's importer, its poller, its cloners; any other one simply runs.
import { runCloneSource, runSizeDetection, runUploadServer } from "./clone-pods.js";
import { runImporter, type Ended } from "./importer-pod.js";
import { runPoller } from "./poller-pod.js";
import type { Api, KubeObject } from "./api.js";
import type { Container } from "./pod.js";

/** A container and what it may use. */
export interface Running {
    readonly api: Api;
    readonly pod: KubeObject;
    readonly container: Container;
    readonly signal: AbortSignal;
    /** Told of the share that is done. */
    readonly progress: (share: number) => void;
}

/** Runs a container to its end. */
export function runContainer({ api, pod, container, signal, progress }: Running): Promise<Ended> {
    switch (container.name) {
        case "importer":
            return runImporter(container, signal, progress);
        case "cdi-source-update-poller":
            return runPoller(api, container, signal);
        case "cdi-clone-source":
            return runCloneSource(container, signal);
        case "cdi-upload-server":
            return runUploadServer(pod, container, signal);
        case "size-detection-volume":
            return runSizeDetection(container);
        default:
            // A consumer of a claim, until it is deleted.
            return new Promise((_, reject) => {
                signal.addEventListener("abort", () => {
                    reject(signal.reason as Error);
                });
            });
    }
}
