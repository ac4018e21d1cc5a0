// Writes an import's progress to its DataVolume, at most once a second, and ends the import when the object is gone.
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import type { DataVolume } from "../model/objects.js";
import { setConditions } from "../model/conditions.js";
import { ready, running } from "./conditions.js";
import type { ControllerWorld, ImportWatcher } from "./contract.js";

const interval = 1_000;

/** A watcher for the import of one DataVolume; `stop` waits until the last write is over. */
export function reportProgress(of: DataVolume, world: ControllerWorld): ImportWatcher & { stop: () => Promise<void> } {
    const { namespace, name, generation } = of.metadata;
    const at = { namespace, name };
    const abort = new AbortController();
    let last = Number.NEGATIVE_INFINITY;
    let writing: Promise<void> = Promise.resolve();
    let busy = false;

    const write = async (say: (volume: DataVolume) => void): Promise<void> => {
        busy = true;
        try {
            await world.cluster.update(
                "DataVolume",
                at,
                (volume) => {
                    if (volume.metadata.generation === generation) say(volume);
                    else abort.abort(outdated(name));
                },
                "status",
            );
        } catch (error) {
            // Deleted while it was imported, perhaps by another process: there is nothing left to import for. A lost race is
            // no matter: the next write comes soon.
            if (!isBootsourceError(error) || error.code !== "conflict") abort.abort(error);
        } finally {
            busy = false;
        }
    };

    return {
        signal: AbortSignal.any([world.signal, abort.signal]),
        progress: (transferred, total) => {
            const now = world.clock.now();
            if (busy || now - last < interval) return;
            last = now;
            writing = write((volume) => {
                const status = (volume.status ??= {});
                status.phase = "ImportInProgress";
                status.progress = total === undefined || total === 0 ? "N/A" : percent(transferred, total);
                status.transferred = transferred;
                if (total !== undefined) status.total = total;
                setConditions(volume, world.clock, { Running: running.yes, Ready: ready.transferring });
            });
        },
        queued: (parallel) => {
            writing = write((volume) => {
                setConditions(volume, world.clock, { Running: running.queued(parallel), Ready: ready.no });
            });
        },
        stop: () => writing,
    };
}

function outdated(name: string): BootsourceError {
    return new BootsourceError("conflict", `cannot finish the import of ${name}: its spec was changed`);
}

function percent(transferred: number, total: number): string {
    // 100 % is said by Succeeded alone: the last bytes still have to be verified and flushed.
    return `${Math.min(99.99, (transferred / total) * 100).toFixed(2)}%`;
}
