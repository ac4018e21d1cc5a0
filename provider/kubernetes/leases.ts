// Who does what one at a time does, on a cluster: a Lease each, renewed while it is held, and free once nobody has renewed it for a while.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Cluster } from "../cluster/contract.js";
import type { Clock } from "../model/clock.js";
import { isBootsourceError } from "../model/errors.js";
import type { Lease, Pointer } from "../model/objects.js";

/** A holder that was killed is given up after so long; one that lives renews three times meanwhile. */
const lastsSeconds = 15;

/** Whoever asks whether a holder lives goes by another machine's clock: it may be this much behind, or ahead. */
const clocksDiffer = 120_000;

/** A lease that is held. */
export interface Held {
    /** Aborted where somebody else has taken it over: this machine slept, or was cut off. */
    readonly lost: AbortSignal;
    release(): Promise<void>;
}

/** The leases of one process. */
export class Leases {
    readonly #cluster: Cluster;
    readonly #clock: Clock;
    readonly #me = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
    /** Other holders as they were last seen, by this machine's own clock: it needs to agree with nobody's. */
    readonly #seen = new Map<string, { readonly version: string; readonly since: number }>();

    constructor(cluster: Cluster, clock: Clock) {
        this.#cluster = cluster;
        this.#clock = clock;
    }

    /** Undefined where another one holds it; asked again and again, that one is given up when it renews no more. */
    async take(at: Pointer): Promise<Held | undefined> {
        const key = `${at.namespace}/${at.name}`;
        const made = await this.#make(at);
        if (made !== undefined) {
            this.#seen.delete(key);
            return this.#hold(at, made);
        }
        const found = await this.#cluster.get("Lease", at);
        if (found === undefined) return undefined;
        const { resourceVersion: version, uid } = found.metadata;
        const before = this.#seen.get(key);
        if (before?.version !== version) {
            this.#seen.set(key, { version, since: this.#clock.now() });
            return undefined;
        }
        if (this.#clock.now() - before.since > lastsSeconds * 1000) {
            await this.#cluster.delete("Lease", at, { uid, resourceVersion: version });
        }
        return undefined;
    }

    /** Whether somebody holds it. */
    async isHeld(at: Pointer): Promise<boolean> {
        const { renewTime, leaseDurationSeconds = lastsSeconds } = (await this.#cluster.get("Lease", at))?.spec ?? {};
        const until = Date.parse(renewTime ?? "") + leaseDurationSeconds * 1000 + clocksDiffer;
        return this.#clock.now() < until;
    }

    /** Undefined where there is one already that is not ours. */
    async #make(at: Pointer): Promise<Lease | undefined> {
        const now = this.#now();
        const spec = { holderIdentity: this.#me, leaseDurationSeconds: lastsSeconds, acquireTime: now, renewTime: now };
        try {
            return await this.#cluster.create("Lease", { metadata: at, spec });
        } catch (thrown) {
            if (!isBootsourceError(thrown) || thrown.code !== "already-exists") throw thrown;
            // The answer to an earlier attempt of ours may have been lost on its way.
            const found = thrown.facts["repeated"] === true ? await this.#cluster.get("Lease", at) : undefined;
            return found?.spec.holderIdentity === this.#me ? found : undefined;
        }
    }

    #hold(at: Pointer, { metadata: { uid } }: Lease): Held {
        const [over, lost] = [new AbortController(), new AbortController()];
        const renewing = (async (): Promise<void> => {
            for (;;) {
                await this.#clock.sleep((lastsSeconds * 1000) / 3, over.signal);
                if (over.signal.aborted) return;
                await this.#cluster.update("Lease", at, (lease) => {
                    if (lease.metadata.uid === uid) lease.spec.renewTime = this.#now();
                    else lost.abort();
                });
            }
        })().catch(() => {
            lost.abort();
        });
        let released: Promise<void> | undefined;
        const release = async (): Promise<void> => {
            over.abort();
            await renewing;
            await this.#cluster.delete("Lease", at, { uid });
        };
        return { lost: lost.signal, release: () => (released ??= release()) };
    }

    /** Kubernetes wants microseconds here. */
    #now(): string {
        return new Date(this.#clock.now()).toISOString().replace("Z", "000Z");
    }
}
