// The contract of a resource: one flow for create and update, observation apart from change, comparison without I/O.
import type { Cluster } from "../cluster/contract.js";
import type { Clock } from "../model/clock.js";
import type { Effect } from "../model/effects.js";
import type { BootsourceError } from "../model/errors.js";
import type { Path } from "../model/unknown.js";
import type { Upstream } from "../model/upstream.js";

/** Plain data as Pulumi keeps it: JSON without undefined. */
export type Data = Record<string, unknown>;

/** An argument that can never work, with its path. */
export interface Failure {
    readonly path: Path;
    readonly reason: string;
}

/** What is left of arguments after validation. With failures there is no spec. */
export type Parsed<Spec> =
    | { readonly failures: readonly Failure[]; readonly spec?: undefined }
    | { readonly failures: readonly []; readonly spec: Spec };

/** All that a resource may touch; nothing else reaches outside. */
export interface World {
    readonly cluster: Cluster;
    readonly upstream: Upstream;
    /** The resource as Pulumi knows it. */
    readonly urn: string;
    readonly preview: boolean;
    /** Inputs of what this create (and the check before it) takes the place of; it stays until this one is ready. */
    readonly replaced: Data | undefined;
    readonly signal: AbortSignal;
    readonly clock: Clock;
    readonly shown: Shown;
    /** What stays in the update's record, on the resource's own row. */
    info(message: string): void;
    warn(message: string): void;
    /** What is shown while it happens and then replaced. */
    progress(message: string): void;
}

/** What previews have shown: the update does exactly that, whatever has moved since. Kept for an hour, and used once. */
export interface Shown {
    remember(key: string, digest: string): void;
    recall(key: string): string | undefined;
}

/** A change that got somewhere and then failed: Pulumi keeps the state, and the next update goes on from it. */
export class Unfinished extends Error {
    readonly state: Data;
    override readonly cause: BootsourceError;

    constructor(state: Data, cause: BootsourceError) {
        super(cause.message);
        this.state = state;
        this.cause = cause;
    }
}

/** What `decide` adds to the arguments, and what a preview says. */
export interface Decision {
    readonly inputs: Data;
    readonly effects: readonly Effect[];
    readonly warnings: readonly string[];
    readonly failures: readonly Failure[];
}

/** What a resource looks like in the world right now. */
export interface Observation<State> {
    readonly state: State;
    /** The inputs as they are there, only where they differ from those that the state holds: that is drift. */
    readonly drifted?: Data | undefined;
}

/** One resource. `reconcile` may throw `Unfinished`. State and inputs are plain data; state holds the inputs that it was made from. */
export interface Resource<Spec, State extends Data> {
    /** Checks what the arguments alone can prove wrong. */
    parse(args: Data): Parsed<Spec>;
    /** Runs in preview and update, for every resource; asks the world only about what changes. */
    decide(spec: Spec, args: Data, old: Data | undefined, world: World): Promise<Decision>;
    /** Which inputs force a replacement; no I/O. */
    compare(state: State, inputs: Data): { replaces: string[] };
    /** Observe, ensure, sync, return what is now true. Serves create (no last state) and update. */
    reconcile(inputs: Data, last: State | undefined, world: World): Promise<State>;
    /** Undefined once it is gone. Changes nothing. */
    observe(state: State, world: World): Promise<Observation<State> | undefined>;
    /** Idempotent; acts on what carries the state's token alone. */
    remove(state: State, world: World): Promise<void>;
    /** The id that Pulumi shows. */
    idOf(state: State): string;
}
