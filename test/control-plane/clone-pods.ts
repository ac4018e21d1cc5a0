// What the pods of CDI's host-assisted clone do: one measures the disk, one sends its claim, another one receives it into the new claim; uploads come to that one too.
import { cp, stat } from "node:fs/promises";
import { join } from "node:path";
import { importArchive } from "../../provider/importer/archive/import-archive.js";
import { importImage } from "../../provider/importer/import-image.js";
import { systemClock } from "../../provider/model/clock.js";
import type { KubeObject } from "./api.js";
import { roomIn, type Ended } from "./importer-pod.js";
import type { Container } from "./pod.js";
import { until } from "./until.js";

/** An upload server that waits for what it is sent. */
interface Waiting {
    readonly container: Container;
    /** "namespace/claim". */
    readonly claim: string;
    readonly signal: AbortSignal;
    received(): void;
}

const servers = new Map<string, Waiting>();
const complete = { exitCode: 0, message: JSON.stringify({ preallocationApplied: false, message: "Clone Complete" }) };

/** The upload server: ends when it has received a disk. */
export function runUploadServer(pod: KubeObject, container: Container, signal: AbortSignal): Promise<Ended> {
    const { service = "" } = pod.metadata.labels as { service?: string };
    const { namespace = "" } = pod.metadata;
    const address = `${service}.${namespace}.svc:8443`;
    const { volumes } = pod.spec as { volumes: { persistentVolumeClaim?: { claimName: string } }[] };
    const claims = volumes.flatMap(({ persistentVolumeClaim: claim }) =>
        claim === undefined ? [] : [claim.claimName],
    );
    return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => {
            servers.delete(address);
            reject(signal.reason as Error);
        });
        servers.set(address, {
            container,
            claim: `${namespace}/${claims[0] ?? ""}`,
            signal,
            received: () => {
                servers.delete(address);
                resolve(complete);
            },
        });
    });
}

/** The source: sends the whole volume to the server that UPLOAD_URL names. */
export async function runCloneSource(container: Container, signal: AbortSignal): Promise<Ended> {
    const address = new URL(container.env.UPLOAD_URL ?? "").host;
    const server = await until(`the upload server ${address} runs`, () => {
        signal.throwIfAborted();
        return servers.get(address);
    });
    await cp(volumeOf(container), volumeOf(server.container), { recursive: true });
    server.received();
    return complete;
}

/** Writes a stream into the claim of a waiting upload server; answers why that failed, or "not ready" where none waits. */
export async function uploadTo(
    namespace: string,
    claim: string,
    bytes: AsyncIterable<Uint8Array>,
    archive: boolean,
): Promise<string | undefined> {
    const waits = (): Waiting | undefined => [...servers.values()].find((one) => one.claim === `${namespace}/${claim}`);
    const server = await until("an upload server waits", waits, { seconds: 10 }).catch(() => undefined);
    if (server === undefined) return "not ready";
    const directory = volumeOf(server.container);
    const source = { kind: "stream", name: "the upload", bytes } as const;
    try {
        if (archive)
            await importArchive(join(directory, "unpacked"), { source, signal: server.signal, clock: systemClock });
        else {
            const size = roomIn(server.container);
            await importImage(join(directory, "disk.img"), { source, size, signal: server.signal, clock: systemClock });
        }
    } catch (thrown) {
        return thrown instanceof Error ? thrown.message : String(thrown);
    }
    server.received();
    return undefined;
}

/** The pod that tells how large a claim's disk is, before a claim is made for its copy. */
export async function runSizeDetection(container: Container): Promise<Ended> {
    const { size } = await stat(join(volumeOf(container), "disk.img"));
    return { exitCode: 0, message: String(size) };
}

function volumeOf({ claims }: Container): string {
    const [volume] = Object.values(claims);
    if (volume === undefined) throw new Error("a pod of a clone without a volume");
    return volume;
}
