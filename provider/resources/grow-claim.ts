// Asks a claim for more room and waits until it has it, or says why it cannot.
import { describeRef, waitFor } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import type { PersistentVolumeClaim, Ref } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import type { World } from "./contract.js";
import { startStallTimer } from "./stall.js";

/** Makes the claim at least this large; a claim never shrinks, and one that is not bound yet gets its size by its import. */
export async function growClaim(at: Ref, size: string, timeoutSeconds: number, world: World): Promise<void> {
    const claim = await world.cluster.get("PersistentVolumeClaim", at);
    if (claim?.status?.phase !== "Bound" || capacityOf(claim) >= parseQuantity(size)) return;
    const asked = world.clock.now();
    await world.cluster.update("PersistentVolumeClaim", at, (object) => {
        object.spec.resources = { requests: { storage: size } };
    });
    const timer = startStallTimer(`grow the claim ${describeRef(at)} to ${size}`, timeoutSeconds, world);
    try {
        await waitFor(
            world.cluster,
            "PersistentVolumeClaim",
            at,
            (object) => {
                if (object === undefined) throw gone(at, world);
                timer.saw(object.status);
                refuseFailed(at, size, object, asked);
                return capacityOf(object) >= parseQuantity(size) ? object : undefined;
            },
            timer.signal,
        );
    } finally {
        timer.stop();
    }
}

function capacityOf(claim: PersistentVolumeClaim): number {
    return parseQuantity(claim.status?.capacity?.storage ?? "0");
}

/** Kubernetes' resizer says in a condition why a claim cannot grow; so does the embedded world. */
function refuseFailed(at: Ref, size: string, claim: PersistentVolumeClaim, asked: number): void {
    const failed = claim.status?.conditions?.find(
        // What is older speaks of an earlier attempt.
        ({ type, status, lastTransitionTime }) =>
            type === "ControllerResizeError" && status === "True" && Date.parse(lastTransitionTime) >= asked,
    );
    if (failed === undefined) return;
    throw new BootsourceError("failed", `cannot grow the claim ${describeRef(at)} to ${size}: ${failed.message}`);
}

function gone(at: Ref, { cluster }: World): BootsourceError {
    return new BootsourceError(
        "gone",
        `cannot grow the claim ${describeRef(at)}: somebody deleted it from ${cluster.name}`,
    );
}
