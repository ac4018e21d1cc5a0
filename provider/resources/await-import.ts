// Waits until a DataVolume is ready or has failed, shows how far it is, and gives up only when nothing moves any more.
import type { Cluster } from "../cluster/contract.js";
import { describeRef, waitFor } from "../cluster/wait.js";
import { BootsourceError, type ErrorCode, codes } from "../model/errors.js";
import type { DataVolume, Ref } from "../model/objects.js";
import { describeBytes } from "../model/quantity.js";
import { hopelessness, percentOf } from "../rules/cdi-import.js";
import type { World } from "./contract.js";
import { startStallTimer } from "./stall.js";

/**
 * The DataVolume as it is once ready, or as far as `enough` says. Throws why it failed, or `timeout` with what it was waiting
 * for.
 */
export async function awaitImport(
    at: Ref,
    timeoutSeconds: number,
    world: World,
    enough: (volume: DataVolume) => boolean = () => false,
): Promise<DataVolume> {
    const rate = meter(world);
    // CDI counts anew with each attempt: only what is further than ever before is progress.
    let furthest = 0;
    const stall = startStallTimer("finish the import", timeoutSeconds, world);
    try {
        return await waitFor(
            world.cluster,
            "DataVolume",
            at,
            (volume) => {
                if (volume === undefined) throw gone(at, world.cluster);
                const { transferred, phase } = volume.status ?? {};
                stall.pause(isQueued(volume));
                furthest = Math.max(furthest, percentOf(volume) ?? 0);
                stall.saw([transferred, furthest, begun(phase), volume.metadata.generation], reasonOf(volume));
                rate.show(volume);
                if (!world.cluster.capabilities.mutableDataVolumes) refuseHopeless(volume);
                return finished(volume) ?? (enough(volume) ? volume : undefined);
            },
            stall.signal,
        );
    } finally {
        stall.stop();
    }
}

/** What is missing is looked for again and again: going to and fro between these is no progress. */
function begun(phase: string | undefined): string {
    return phase === undefined || ["", "Pending", "ImportScheduled", "UploadScheduled"].includes(phase)
        ? "not begun"
        : phase;
}

/** The volume where it is ready; throws where it has failed; undefined while it goes on. */
function finished(volume: DataVolume): DataVolume | undefined {
    const { phase, observedGeneration = volume.metadata.generation } = volume.status ?? {};
    if (observedGeneration !== volume.metadata.generation) return undefined;
    if (phase === "Failed") throw failureOf(volume);
    return phase === "Succeeded" ? volume : undefined;
}

/** CDI goes on trying for ever, and its object stays: the user mends the arguments, or the source, and runs the update again. */
function refuseHopeless(volume: DataVolume): void {
    const verdict = hopelessness(volume);
    if (verdict === undefined) return;
    const what = `cannot import ${describeRef(volume.metadata)}: ${verdict.message}`;
    throw new BootsourceError(verdict.code, `${what}; ${verdict.advice}, and run the update again`);
}

/** The error that a failed DataVolume tells of: its Running condition says why, an annotation keeps the code. */
export function failureOf(volume: DataVolume): BootsourceError {
    const message = reasonOf(volume) ?? `cannot import ${describeRef(volume.metadata)}: the import failed`;
    const code = volume.metadata.annotations?.["pulumi-bootsource/error"] ?? "failed";
    return new BootsourceError(Object.hasOwn(codes, code) ? (code as ErrorCode) : "failed", message);
}

/** Why it does not go on: what the importer says, or what is wrong with the claim. */
export function reasonOf({ status }: DataVolume): string | undefined {
    const said = (wanted: string) => status?.conditions?.find(({ type }) => type === wanted);
    const bound = said("Bound");
    return (
        said("Running")?.message || ((bound?.reason ?? "").startsWith("Err") ? bound?.message : undefined) || undefined
    );
}

/** So many imports run at once over a store; the others wait for their turn. */
function isQueued(volume: DataVolume): boolean {
    return volume.status?.conditions?.find(({ type }) => type === "Running")?.reason === "Queued";
}

function gone(at: Ref, cluster: Cluster): BootsourceError {
    return new BootsourceError(
        "gone",
        `cannot finish the import of ${describeRef(at)}: somebody deleted it from ${cluster.name} meanwhile; run the update again`,
    );
}

/** Shows bytes, rate and remaining time on the resource's row, and each new reason for waiting once. */
function meter(world: World): { show: (volume: DataVolume) => void } {
    let start: { at: number; bytes: number } | undefined;
    let told: string | undefined;
    return {
        show: (volume) => {
            const reason = reasonOf(volume);
            if (isQueued(volume)) {
                world.progress(reason ?? "");
                return;
            }
            if (reason !== undefined && reason !== told && volume.status?.phase !== "Succeeded") {
                told = reason;
                if (volume.status?.phase !== "Failed") world.warn(reason);
            }
            const { transferred, total, phase } = volume.status ?? {};
            // The last line stays on the row: it must not say that a finished import is at 2 %.
            if (phase === "Succeeded" && start !== undefined && total !== undefined)
                world.progress(`imported ${describeBytes(total)}`);
            const percent = percentOf(volume);
            if (phase === "ImportInProgress" && transferred === undefined && percent !== undefined)
                world.progress(`imported ${Math.floor(percent)} %`);
            if (transferred === undefined || phase !== "ImportInProgress") return;
            const now = world.clock.now();
            start ??= { at: now, bytes: transferred };
            const seconds = (now - start.at) / 1000;
            world.progress(
                describeProgress(transferred, total, seconds > 0 ? (transferred - start.bytes) / seconds : 0),
            );
        },
    };
}

/** "imported 12 MiB of 340 MiB (3 %), 45 MiB/s, 7 s left" */
export function describeProgress(
    transferred: number,
    total: number | undefined,
    bytesPerSecond: number,
    done = "imported",
): string {
    const share =
        total === undefined || total === 0 ? "" : ` of ${describeBytes(total)} (${shareOf(transferred, total)} %)`;
    const parts = [`${done} ${describeBytes(transferred)}${share}`];
    if (bytesPerSecond > 0) parts.push(`${describeBytes(Math.round(bytesPerSecond))}/s`);
    if (bytesPerSecond > 0 && total !== undefined)
        parts.push(`${Math.ceil((total - transferred) / bytesPerSecond)} s left`);
    return parts.join(", ");
}

function shareOf(part: number, whole: number): number {
    return Math.floor((part / whole) * 100);
}
