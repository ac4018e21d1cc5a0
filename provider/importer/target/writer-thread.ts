// The thread's side of the writer pool: one job in, one answer out.
import { parentPort, workerData } from "node:worker_threads";
import { ClusterDecoder } from "./decode-cluster.js";
import { toPackedFailure, writePieces, type PackedFailure } from "./write-pieces.js";
import type { Done, Job, Start } from "./writer-pool.js";

const { fd, keepZeros, memory } = workerData as Start;
const writer = { fd, keepZeros, decoder: new ClusterDecoder() };

parentPort?.on("message", (job: Job) => {
    let failure: PackedFailure | undefined;
    let written = 0;
    try {
        written = writePieces(writer, new Uint8Array(job.own ?? memory, job.offset, job.length), job.pieces);
    } catch (thrown) {
        failure = toPackedFailure(thrown);
    }
    const done: Done = { written, failure };
    parentPort?.postMessage(done);
});
