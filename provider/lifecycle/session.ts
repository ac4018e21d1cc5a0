// Check, diff, create, read, update and delete over any resource, for one run of the engine against one world.
import { type Reached, connect } from "../connect.js";
import { type Effect, describeEffect } from "../model/effects.js";
import { canonical } from "../model/canonical.js";
import { BootsourceError, toBootsourceError } from "../model/errors.js";
import { unknownValue } from "../model/unknown.js";
import { type Data, type Failure, Unfinished, type World } from "../resources/contract.js";
import { intentionsOf, otherCluster } from "./elsewhere.js";
import type { Host, Severity } from "./host.js";
import { withoutUndefined } from "./plain.js";
import { type ResourceKind, resources } from "./registry.js";
import { ShownDigests } from "./shown.js";

/** What the engine asks a check for. */
export interface CheckRequest {
    readonly kind: ResourceKind;
    readonly urn: string;
    readonly preview: boolean;
    /** Inputs of the last run; empty for a new resource, and for the second half of a replacement. */
    readonly olds: Data;
    readonly news: Data;
}

/** A refused argument: its path as Pulumi writes it, "" for the resource as a whole. */
export interface CheckFailure {
    readonly property: string;
    readonly reason: string;
}

/** What exists now. */
export interface Made {
    readonly id: string;
    readonly state: Data;
}

/** A create or update that got somewhere and then failed. */
export class PartialFailure extends Error {
    readonly made: Made;

    constructor(made: Made, cause: BootsourceError) {
        super(cause.message, { cause });
        this.made = made;
    }
}

/** One run of the engine. Connects at the first question, once. */
export class Session {
    readonly #host: Host;
    #reached: Promise<Reached> | undefined;
    /** Which resource checked inputs belong to: create and update are given nothing but the inputs. */
    readonly #urns = new Map<string, string>();
    /** Old inputs of the resources that had some when they were first checked: a create of one of them is a replacement. */
    readonly #existing = new Map<string, Data>();
    /** Which resource of this run an object is, by its kind and id: no two can be the same one. */
    readonly #holders = new Map<string, string>();
    /** Resources whose change a preview has explained. */
    readonly #explained = new Set<string>();
    /** What was said already: the same fault of the world is told once in a run, not once for each resource. */
    readonly #told = new Set<string>();

    readonly #shown: ShownDigests;

    readonly #intends: ReturnType<typeof intentionsOf>;

    constructor(host: Host) {
        this.#host = host;
        this.#intends = intentionsOf(host.configuration);
        this.#shown = new ShownDigests(host.clock, host.shownDirectory);
    }

    async check(request: CheckRequest): Promise<{ inputs: Data; failures: CheckFailure[] }> {
        const resource = resources[request.kind];
        const parsed = resource.parse(request.news);
        if (parsed.failures.length > 0) return refused(request.news, parsed.failures);
        const old = Object.keys(request.olds).length === 0 ? undefined : request.olds;
        if (old !== undefined) this.#existing.set(request.urn, old);
        const secondHalf = old === undefined && this.#existing.has(request.urn);
        const world = await this.#world(request.urn, request.preview, secondHalf);
        const elsewhere = old === undefined || this.#intends.recreate ? undefined : otherCluster(old, world.cluster);
        if (elsewhere !== undefined) return refused(request.news, [{ path: [], reason: elsewhere.message }]);
        const decision = await resource.decide(parsed.spec, request.news, old, world);
        for (const warning of decision.warnings) world.warn(warning);
        if (!secondHalf || !this.#explained.has(request.urn)) this.#explain(decision.effects, world);
        const inputs = withoutUndefined(decision.inputs);
        if (decision.failures.length > 0) return refused(request.news, decision.failures);
        const failures = this.#heldByAnother(request, inputs);
        if (failures.length > 0) return refused(request.news, failures);
        this.#urns.set(canonical(inputs), request.urn);
        return { inputs, failures: [] };
    }

    diff(kind: ResourceKind, state: Data, inputs: Data): { replaces: string[] } {
        return resources[kind].compare(state, inputs);
    }

    create(kind: ResourceKind, inputs: Data): Promise<Made> {
        return this.#reconcile(kind, inputs, undefined);
    }

    update(kind: ResourceKind, state: Data, inputs: Data): Promise<Made> {
        return this.#reconcile(kind, inputs, state);
    }

    /** Undefined once the resource is gone. Inputs are given only where they drifted. */
    async read(
        kind: ResourceKind,
        id: string,
        state: Data,
    ): Promise<(Made & { inputs: Data | undefined }) | undefined> {
        const resource = resources[kind];
        const urn = typeof state["urn"] === "string" ? state["urn"] : "";
        const world = await this.#standing(state, urn, `what the state says of ${id} is forgotten`);
        if (world === undefined) return undefined;
        const seen = await resource.observe({ ...state, id }, { ...world, preview: true });
        if (seen === undefined) return undefined;
        return { id: resource.idOf(seen.state), state: withoutUndefined(seen.state), inputs: seen.drifted };
    }

    async delete(kind: ResourceKind, state: Data): Promise<void> {
        const urn = typeof state["urn"] === "string" ? state["urn"] : "";
        const world = await this.#standing(state, urn, "nothing is deleted there");
        if (world !== undefined) await resources[kind].remove(state, world);
    }

    /** Stops what is under way and lets go of the world. */
    async close(): Promise<void> {
        const reached = await this.#reached?.catch(() => undefined);
        await reached?.cluster.close();
    }

    async #reconcile(kind: ResourceKind, inputs: Data, last: Data | undefined): Promise<Made> {
        const resource = resources[kind];
        const urn = this.#urns.get(canonical(inputs));
        if (urn === undefined) {
            throw new BootsourceError(
                "failed",
                "cannot change a resource whose arguments were not checked by this process first",
            );
        }
        try {
            const state = await resource.reconcile(inputs, last, await this.#world(urn, false, last === undefined));
            return { id: resource.idOf(state), state: withoutUndefined(state) };
        } catch (thrown) {
            if (!(thrown instanceof Unfinished)) throw toBootsourceError(thrown, "bring the resource in");
            const state = withoutUndefined(thrown.state);
            throw new PartialFailure({ id: resource.idOf(state), state }, thrown.cause);
        }
    }

    /** The engine checks a replacement twice; what it does is told once. */
    #explain(effects: readonly Effect[], world: World): void {
        if (effects.length > 0) this.#explained.add(world.urn);
        for (const effect of effects) world.info(describeEffect(effect));
    }

    #heldByAnother({ kind, urn }: CheckRequest, inputs: Data): Failure[] {
        const id = resources[kind].idOf(inputs);
        if (id.includes(unknownValue)) return [];
        const holder = this.#holders.get(`${kind} ${id}`) ?? urn;
        this.#holders.set(`${kind} ${id}`, holder);
        if (holder === urn) return [];
        return [
            { path: [], reason: `it would be ${id}, which ${holder} is already; give one of the two another name` },
        ];
    }

    async #world(urn: string, preview: boolean, creates = false): Promise<World> {
        const { clock, signal } = this.#host;
        const reached = await this.#reach(preview);
        const say = (severity: Severity) => (message: string) => {
            if (severity === "warning" && this.#told.has(message)) return;
            this.#told.add(message);
            this.#host.log(severity, message, urn);
        };
        return {
            ...reached,
            urn,
            preview,
            replaced: creates ? this.#existing.get(urn) : undefined,
            signal,
            clock,
            shown: this.#shown,
            info: say("info"),
            warn: say("warning"),
            progress: say("progress"),
        };
    }

    /** The world that a state is in; undefined where that one is gone for good, as the stack itself says. */
    async #standing(state: Data, urn: string, then: string): Promise<World | undefined> {
        const { cluster } = await this.#connected();
        const lost = this.#intends.forget ? cluster.unreachable : undefined;
        const gone = lost ?? otherCluster(state, cluster);
        if (gone === undefined) return this.#world(urn, false);
        if (lost === undefined && !this.#intends.recreate) throw gone;
        this.#host.log("warning", `${gone.message.split(";")[0] ?? ""}; ${then}`, urn);
        return undefined;
    }

    /** Only a preview may go on without the world, and says so once. */
    async #reach(preview: boolean): Promise<Reached> {
        const reached = await this.#connected();
        const { unreachable } = reached.cluster;
        if (unreachable === undefined) return reached;
        if (!preview) throw unreachable;
        this.#warn(
            `${unreachable.message}; this preview tells only what is known without it, and the update will need it`,
        );
        return reached;
    }

    #connected(): Promise<Reached> {
        const { directory, clock, configuration } = this.#host;
        const warn = (message: string): void => {
            this.#warn(message);
        };
        return (this.#reached ??= connect(configuration, { clock, directory, warn }));
    }

    /** Of the run as a whole, and once. */
    #warn(message: string): void {
        if (!this.#told.has(message)) this.#host.log("warning", message, "");
        this.#told.add(message);
    }
}

/** The engine prints a named argument with its value: what is nested, missing or a whole object is named in the reason instead. */
function refused(inputs: Data, failures: readonly Failure[]): { inputs: Data; failures: CheckFailure[] } {
    return {
        inputs,
        failures: failures.map(({ path, reason }) => {
            const property = path.reduce<string>(
                (text, step) =>
                    typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`,
                "",
            );
            const value = inputs[property];
            const nameable = value !== undefined && (typeof value !== "object" || value === null);
            return nameable
                ? { property, reason }
                : { property: "", reason: property === "" ? reason : `${property}: ${reason}` };
        }),
    };
}
