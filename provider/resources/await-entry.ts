// Waits until the platform has made of an entry of its list what was asked, or has taken away what was; says why where it never will.
import { describeRef } from "../cluster/wait.js";
import { conditionOf } from "../model/conditions.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron, HyperConverged, Pointer } from "../model/objects.js";
import { saysNoOther } from "../rules/system-entries.js";
import { isOperators } from "../rules/template-crons.js";
import type { Listed } from "./boot-source-list.js";
import type { World } from "./contract.js";
import { type StallTimer, defaultTimeoutSeconds, startStallTimer } from "./stall.js";

/** Nobody rings for a list that another operator works through: so often it is looked, in milliseconds. */
const lookAgain = 500;

/** Answers the cron that the platform made of the entry. */
export async function awaitCronOfEntry(
    at: Pointer,
    token: string,
    { view, spec, generation }: Listed,
    timeoutSeconds: number | undefined,
    world: World,
): Promise<DataImportCron> {
    const doing = `make a DataImportCron of the entry ${at.name}`;
    return poll(doing, timeoutSeconds, world, async (stall) => {
        world.cluster.drive("HyperConverged", view.at);
        const cron = await world.cluster.get("DataImportCron", at);
        const marks = cron?.metadata.annotations ?? {};
        const isMade = isOperators({ annotations: marks }) && Object.values(marks).includes(token);
        if (cron?.metadata.deletionTimestamp === undefined && isMade && saysNoOther(cron?.spec, spec)) return cron;
        const object = await world.cluster.get("HyperConverged", view.at);
        if (view.byPlatform && object !== undefined) refuseWhatIsNotRead(at.name, object, generation);
        stall.saw(
            [cron, object?.status],
            "the platform has not followed its list yet; do its operators (HCO, SSP) run?",
        );
        return undefined;
    });
}

/** Waits until the platform has taken away that very cron. */
export async function awaitCronGone(
    hyperConverged: Pointer,
    { metadata: { namespace = "default", name, uid } }: Pick<DataImportCron, "metadata">,
    timeoutSeconds: number | undefined,
    world: World,
): Promise<void> {
    const at = { namespace, name };
    await poll(`remove the DataImportCron ${describeRef(at)}`, timeoutSeconds, world, async (stall) => {
        world.cluster.drive("HyperConverged", hyperConverged);
        const cron = await world.cluster.get("DataImportCron", at);
        stall.saw(cron, "the platform has not followed its list yet; do its operators (HCO, SSP) run?");
        return cron?.metadata.uid === uid ? undefined : true;
    });
}

async function poll<T>(
    doing: string,
    timeoutSeconds: number | undefined,
    world: World,
    look: (stall: StallTimer) => Promise<T | undefined>,
): Promise<T> {
    const stall = startStallTimer(doing, timeoutSeconds ?? defaultTimeoutSeconds, world);
    try {
        for (;;) {
            stall.signal.throwIfAborted();
            const found = await look(stall);
            if (found !== undefined) return found;
            await world.clock.sleep(lookAgain, stall.signal);
        }
    } finally {
        stall.stop();
    }
}

/** Once the platform has looked at what was written its status shows each entry that it carries out. */
function refuseWhatIsNotRead(name: string, { status = {} }: HyperConverged, generation: number): void {
    if ((status.observedGeneration ?? 0) < generation) return;
    const { dataImportCronTemplates: list = [] } = status;
    const shown = list.find(({ metadata }) => metadata.name === name);
    const deployed = conditionOf(shown, "Deployed");
    if (deployed?.status === "False") {
        throw new BootsourceError("refused", `the platform does not carry out the entry ${name}: ${deployed.message}`);
    }
    const isShipped = shown?.status.commonTemplate === true;
    if (shown !== undefined && !isShipped) return;
    const why = isShipped
        ? "it ships a boot source of that name"
        : "it ships a boot source of that name, whose switch is off";
    throw new BootsourceError(
        "refused",
        `the platform passes over the entry ${name}: ` +
            (list.length === 0
                ? "its operator reads no list here (it does on OpenShift alone); leave out carrier, and a DataImportCron of its own " +
                  "keeps the boot source current"
                : `${why}; change that by SystemBootSources, or choose another name`),
    );
}
