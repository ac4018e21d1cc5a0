// Carries out the crons that a cluster keeps and CDI does not: those that somebody drives, and for an agent all of a namespace.
import type { Cluster } from "../cluster/contract.js";
import { type Ask, type Controller, type CronWorld } from "../controllers/contract.js";
import { reconcileDataImportCron } from "../controllers/data-import-cron.js";
import { Manager, type Turn } from "../controllers/manager.js";
import type { Clock } from "../model/clock.js";
import { setConditions } from "../model/conditions.js";
import { type BootsourceError, isBootsourceError } from "../model/errors.js";
import type { DataImportCron, Kind, Objects, Ref } from "../model/objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { upToDate } from "../rules/cron-conditions.js";
import { askedOf } from "../rules/cron-names.js";
import type { Leases } from "./leases.js";

/** What the work needs. */
export interface CronWorkersOptions {
    /** The cluster with its kept crons. */
    readonly cluster: Cluster;
    readonly clock: Clock;
    readonly leases: Leases;
    /** Asks sources; undefined where nobody is to be asked. */
    readonly ask: Ask | undefined;
    /** Hears of what no object's status can tell. */
    readonly warn: (message: string) => void;
}

/** While CDI imports, and a snapshot is taken: whoever waits for an import's end nudges the cron besides. */
const looksEvery = 2_000;

/** How soon a process that waits for another one's turn looks again. */
const turnAgain = 1_000;

/** What no second attempt mends: it is said on the cron, and looked at again after a while. */
const refusedAgain = 60_000;

/** One process's work on kept crons. */
export class CronWorkers {
    readonly #options: CronWorkersOptions;
    readonly #manager: Manager<CronWorld>;
    #polls = false;

    constructor(options: CronWorkersOptions) {
        this.#options = options;
        const { cluster, clock, ask, warn } = options;
        this.#manager = new Manager<CronWorld>({
            world: () => ({ cluster, clock, looksEvery, confirm: ask, poll: this.#polls ? ask : undefined }),
            controllers: { DataImportCron: carryOut },
            takeTurn: (object) => this.#takeTurn(object as DataImportCron),
            turnAgain,
            onError: (error) => {
                warn(`a boot source of ${cluster.name} is not kept current: ${String(error)}`);
            },
            triesAgain: () => true,
        });
    }

    /** Works on the cron until it is settled; those of the platform are left to it. */
    drive(kind: Kind, at: Ref): void {
        this.#manager.drive(kind, at);
    }

    /** From now on sources are asked on schedule too. */
    pollsToo(): void {
        this.#polls = true;
    }

    stop(): Promise<void> {
        return this.#manager.stop();
    }

    async #takeTurn(cron: DataImportCron): Promise<Turn | undefined> {
        if (isPlatforms(cron, this.#options.cluster)) return { release: () => undefined };
        const { namespace = "default", name } = cron.metadata;
        return this.#options.leases.take({ namespace, name: `bootsource-${name}` });
    }
}

const carryOut: Controller<"DataImportCron", CronWorld> = async (cron, world) => {
    if (isPlatforms(cron, world.cluster)) return "settled";
    try {
        return await reconcileDataImportCron(cron, world);
    } catch (thrown) {
        if (world.signal.aborted || !isBootsourceError(thrown) || !thrown.terminal) throw thrown;
        await tell(cron, thrown, world);
        return { again: refusedAgain };
    }
};

function isPlatforms({ spec }: Objects["DataImportCron"], { capabilities }: Cluster): boolean {
    return isPlatformsCron(spec.template.spec.source, capabilities.platformCrons);
}

/** Whoever waits for the cron hears why it does not go on: a missing right, for one. */
async function tell(cron: DataImportCron, { message }: BootsourceError, { cluster, clock }: CronWorld): Promise<void> {
    const { namespace, name } = cron.metadata;
    await cluster.update("DataImportCron", { namespace, name }, (current) => {
        setConditions(current, clock, { UpToDate: upToDate.failed(message) });
        current.status = { ...current.status, observed: askedOf(cron) };
    });
}
