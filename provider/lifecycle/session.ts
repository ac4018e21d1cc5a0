// Check, diff, create, read, update and delete over any resource, for one run of the engine against one world.
import { type Reached, connect } from "../connect.js";
import { type Effect, describeEffect } from "../model/effects.js";
import { BootsourceError, toBootsourceError } from "../model/errors.js";
import { unknownValue } from "../model/unknown.js";
import { type Data, type Failure, Unfinished, type World } from "../resources/contract.js";
import type { Host, Severity } from "./host.js";
import { canonical, withoutUndefined } from "./plain.js";
import { type ResourceKind, resources } from "./registry.js";

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
    #reached: Reached | undefined;
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

    constructor(host: Host) {
        this.#host = host;
    }

    async check(request: CheckRequest): Promise<{ inputs: Data; failures: CheckFailure[] }> {
        const resource = resources[request.kind];
        const parsed = resource.parse(request.news);
        if (parsed.failures.length > 0) return refused(request.news, parsed.failures);
        const old = Object.keys(request.olds).length === 0 ? undefined : request.olds;
        if (old !== undefined) this.#existing.set(request.urn, old);
        const world = this.#world(request.urn, request.preview);
        const decision = await resource.decide(parsed.spec, request.news, old, world);
        for (const warning of decision.warnings) world.warn(warning);
        const secondHalf = old === undefined && this.#existing.has(request.urn);
        if (!secondHalf || !this.#explained.has(request.urn)) this.#explain(decision.effects, world);
        const inputs = withoutUndefined(decision.inputs);
        const failures = [...decision.failures, ...this.#heldByAnother(request, inputs)];
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
        const seen = await resource.observe({ ...state, id }, this.#world(urn, true));
        if (seen === undefined) return undefined;
        return { id: resource.idOf(seen.state), state: withoutUndefined(seen.state), inputs: seen.drifted };
    }

    async delete(kind: ResourceKind, state: Data): Promise<void> {
        const urn = typeof state["urn"] === "string" ? state["urn"] : "";
        await resources[kind].remove(state, this.#world(urn, false));
    }

    /** Stops what is under way and lets go of the world. */
    async close(): Promise<void> {
        await this.#reached?.cluster.close();
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
            const state = await resource.reconcile(inputs, last, this.#world(urn, false, last === undefined));
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

    #world(urn: string, preview: boolean, creating = false): World {
        const { directory, clock, signal, configuration } = this.#host;
        this.#reached ??= connect(configuration, {
            clock,
            directory,
            warn: (message) => {
                this.#host.log("warning", message, "");
            },
        });
        const say = (severity: Severity) => (message: string) => {
            if (severity === "warning" && this.#told.has(message)) return;
            this.#told.add(message);
            this.#host.log(severity, message, urn);
        };
        return {
            ...this.#reached,
            urn,
            preview,
            replaced: creating ? this.#existing.get(urn) : undefined,
            signal,
            clock,
            info: say("info"),
            warn: say("warning"),
            progress: say("progress"),
        };
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
