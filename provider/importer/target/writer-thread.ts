// The thread's side of the writer threads: one job in, one answer out.
import { parentPort } from "node:worker_threads";
import { ClusterDecoder } from "./decode-cluster.js";
import { toPackedFailure, writePieces, type PackedFailure } from "./write-pieces.js";
import type { Done, Job } from "./writer-threads.js";

const decoder = new ClusterDecoder();

parentPort?.on("message", ({ fd, keepZeros, memory, offset, length, pieces }: Job) => {
    let failure: PackedFailure | undefined;
    let written = 0;
    try {
        written = writePieces({ fd, keepZeros, decoder }, new Uint8Array(memory, offset, length), pieces);
    } catch (thrown) {
        failure = toPackedFailure(thrown);
    }
    const done: Done = { written, failure };
    parentPort?.postMessage(done);
});
