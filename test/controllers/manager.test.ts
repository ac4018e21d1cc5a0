// The work on objects: what fails in an agent is tried again, a clock that is set does no harm, and nobody keeps others from theirs.
import * as assert from "node:assert/strict";
import type { CronWorld, Verdict } from "../../provider/controllers/contract.js";
import { Manager } from "../../provider/controllers/manager.js";
import type { Clock } from "../../provider/model/clock.js";

/** Time that stands still until it is set, however. */
class SetClock implements Clock {
    #now = Date.parse("2026-11-22T12:00:00Z");
    #sleeping: (() => void)[] = [];
    /** How long each wait was to be. */
    readonly asked: number[] = [];

    now(): number {
        return this.#now;
    }

    sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
        this.asked.push(milliseconds);
        return new Promise((resolve) => {
            this.#sleeping.push(resolve);
            signal?.addEventListener("abort", () => {
                resolve();
            });
        });
    }

    /** The clock is set, and everybody's timer happens to end. */
    set(by: number): void {
        this.#now += by;
        for (const wake of this.#sleeping.splice(0)) wake();
    }
}

describe("the work on an object", function () {
    this.timeout(20_000);
    let clock: SetClock;
    let managers: Manager<CronWorld>[] = [];
    let errors: unknown[];
    beforeEach(() => {
        clock = new SetClock();
        errors = [];
    });
    afterEach(async () => {
        await Promise.all(managers.map((manager) => manager.stop()));
        managers = [];
    });

    const at = { namespace: "default", name: "one" };
    const hour = 3_600_000;
    /** Drives an object whose controller does as told, call by call; answers how often it was called. */
    const drive = (calls: readonly (() => Verdict)[], triesAgain = true): (() => number) => {
        let count = 0;
        const cluster = {
            get: () => Promise.resolve({ metadata: { uid: "uid" } }),
        } as unknown as CronWorld["cluster"];
        const manager = new Manager({
            world: () => ({ cluster, clock }),
            controllers: { DataVolume: () => Promise.resolve((calls[count++] ?? (() => "settled" as const))()) },
            takeTurn: () => ({ release: () => undefined }),
            turnAgain: 1,
            onError: (error) => errors.push(error),
            triesAgain: () => triesAgain,
        });
        managers.push(manager);
        manager.drive("DataVolume", at);
        return () => count;
    };
    const fails = (): Verdict => {
        throw new Error("the disk is full");
    };

    it("is tried again after a failure that no controller expects, later each time", async () => {
        const count = drive([fails, fails, () => "settled"]);
        await until(() => clock.asked.length === 1);
        clock.set(5_000);
        await until(() => clock.asked.length === 2);
        clock.set(10_000);
        await until(() => count() === 3);
        assert.deepEqual(clock.asked, [5_000, 10_000]);
        assert.equal(errors.length, 2, "each is told");
    });

    it("is looked at once more where somebody nudges while an answer that is older is on its way", async () => {
        let generation = 1;
        const answers: (() => void)[] = [];
        const cluster = {
            // As the server had it when it was asked.
            get: () => {
                const object = { metadata: { uid: "uid", generation } };
                return new Promise((resolve) => answers.push(() => resolve(object)));
            },
        } as unknown as CronWorld["cluster"];
        const seen: number[] = [];
        const manager = new Manager({
            world: () => ({ cluster, clock }),
            controllers: {
                DataVolume: ({ metadata }) => {
                    seen.push(metadata.generation);
                    return Promise.resolve("settled" as const);
                },
            },
            takeTurn: () => ({ release: () => undefined }),
            turnAgain: 1,
            onError: (error) => errors.push(error),
            triesAgain: () => true,
        });
        managers.push(manager);
        manager.drive("DataVolume", at);
        const answered = async (): Promise<void> => {
            await until(() => answers.length > 0);
            answers.shift()?.();
        };
        await answered();
        await until(() => answers.length > 0);
        generation = 2;
        manager.drive("DataVolume", at);
        for (let more = 0; more < 3; more++) await answered();
        await until(() => seen.length === 2);
        assert.deepEqual(seen, [1, 2]);
    });

    it("ends with such a failure where somebody is there to begin anew", async () => {
        const count = drive([fails], false);
        await until(() => errors.length === 1);
        assert.deepEqual([count(), clock.asked], [1, []]);
    });

    for (const [how, by] of [
        ["forward: what is due by then is done", 2 * hour],
        ["back: it is looked at anew, in place of waiting an hour longer", -2 * hour],
    ] as const) {
        it(`goes on when the clock is set ${how}`, async () => {
            const count = drive([() => ({ again: hour }), () => "settled"]);
            await until(() => clock.asked.length === 1);
            assert.ok((clock.asked[0] ?? hour) <= 60_000, "it looks at the clock every minute");
            clock.set(by);
            await until(() => count() === 2);
        });
    }

    it("waits on when a minute has passed and nothing is due", async () => {
        const count = drive([() => ({ again: hour })]);
        for (let minute = 1; minute <= 3; minute += 1) {
            await until(() => clock.asked.length === minute);
            clock.set(60_000);
        }
        await until(() => clock.asked.length === 4);
        assert.equal(count(), 1);
    });

    it("lets everybody else have their turn, although there is something to do all the time", async () => {
        let busy = true;
        const count = drive(Array.from({ length: 1_000_000 }, () => () => (busy ? { again: 0 } : "settled")));
        await until(() => count() > 10);
        busy = false;
        const last = count();
        await until(() => count() > last);
    });
});

async function until(done: () => boolean): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (!done()) {
        assert.ok(Date.now() < deadline, "it never came to that");
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
}
