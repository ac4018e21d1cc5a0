// Before anything moves: what an import by CDI needs and would never get. A warning in preview, an error in the update.
import { BootsourceError } from "../model/errors.js";
import { isUnknown } from "../model/unknown.js";
import type { Obstacle } from "../rules/room-left.js";
import type { World } from "./contract.js";
import { type AccessNeed, whatAccessLacks } from "./preflight-access.js";
import { type ClaimNeed, whatClaimLacks } from "./preflight-claim.js";
import { lookOnce } from "./preflight-look.js";

/** What one resource is about to ask of a cluster. What a preview does not know yet is left out. */
export interface Need {
    /** "images/fedora", for messages. */
    readonly what: string;
    readonly namespace: string;
    readonly access: AccessNeed | undefined;
    /** The claim that is to come; undefined where no bytes are brought in. */
    readonly claim: ClaimNeed | undefined;
    /** A cron that CDI itself polls for. */
    readonly polled: { readonly cronName: string } | undefined;
    /** Further reasons that only this resource knows. */
    readonly more?: readonly string[];
}

/** Sentences for a preview; a store needs none of it, and one that cannot be asked says so by itself. */
export async function foresee(need: Need, world: World): Promise<string[]> {
    const { capabilities, unreachable } = world.cluster;
    if (capabilities.localVolumes || unreachable !== undefined || isUnknown(need.namespace)) return [];
    return (await obstaclesOf(need, world)).map(
        ({ message }) => `${message} (seen by the preview; the update looks again)`,
    );
}

/** Throws `missing-object` with all that is certain to stand in the way; what only may is a warning. */
export async function requireWayIsFree(need: Need, world: World): Promise<void> {
    if (world.cluster.capabilities.localVolumes) return;
    let found: Obstacle[] = [];
    // What the same run has just made may take a moment to have its profile, or its quota counted.
    for (let look = 0; look < looks; look++) {
        if (look > 0) await world.clock.sleep(lookAgain, world.signal);
        found = await obstaclesOf(need, world);
        if (!found.some(({ certain }) => certain)) break;
    }
    const certain = found.filter((one) => one.certain).map(({ message }) => message);
    if (certain.length > 0) {
        throw new BootsourceError(
            "missing-object",
            `cannot bring in ${need.what}: ${certain.join("; and ")}; nothing was moved: mend that, and run the update again`,
        );
    }
    for (const { message } of found) world.warn(message);
}

const looks = 4;
const lookAgain = 1_000;

async function obstaclesOf(need: Need, world: World): Promise<Obstacle[]> {
    const { namespace, access, claim, polled, more = [] } = need;
    const sure = (message: string): Obstacle => ({ certain: true, message });
    if ((await lookOnce("Namespace", { name: namespace }, world)) === undefined) {
        return [sure(`there is no namespace ${namespace} in ${world.cluster.name}`)];
    }
    const tooLong =
        polled === undefined || polled.cronName.length <= longestCron ? [] : [sure(lengthOf(polled.cronName))];
    return [
        ...more.map(sure),
        ...tooLong,
        ...(access === undefined ? [] : (await whatAccessLacks(namespace, access, world)).map(sure)),
        ...(claim === undefined ? [] : await whatClaimLacks(namespace, claim, world)),
    ];
}

/** CDI names the CronJob that polls "<cron>-<8 hex>", and Kubernetes' CronJobs have 52 letters at most. */
const longestCron = 52 - 9;

function lengthOf(name: string): string {
    return (
        `CDI would never poll for the cron ${name}: with ${name.length} letters its CronJob's name is too long, which CDI says in ` +
        `its log alone; give it a name of at most ${longestCron} letters`
    );
}
