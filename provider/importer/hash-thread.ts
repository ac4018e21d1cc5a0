// The thread's side of a background hash: bytes in, one answer for each message.
import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import type { Hashed, ToHash } from "./background-hash.js";

const ownMemory = workerData as SharedArrayBuffer;
const hash = createHash("sha256");

parentPort?.on("message", ({ memory = ownMemory, offset, length }: ToHash) => {
    if (length > 0) hash.update(new Uint8Array(memory, offset, length));
    // Nothing to hash is the question for the digest of all so far.
    const hashed: Hashed = { digest: length > 0 ? undefined : hash.copy().digest("hex") };
    parentPort?.postMessage(hashed);
});
