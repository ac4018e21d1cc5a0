// SystemBootSources: the switch of the platform's own boot sources and what is to be another in each; images stay unless they are told to go.
import { isSame } from "../model/canonical.js";
import { type BootsourceError, isBootsourceError, toBootsourceError } from "../model/errors.js";
import { type SystemBootSourcesSpec, systemBootSourcesArgs } from "../model/system-boot-sources.js";
import { unknownPaths, unknownValue } from "../model/unknown.js";
import { parseArguments } from "./arguments.js";
import { type Data, type Observation, type Resource, Unfinished } from "./contract.js";
import { wrongCluster } from "./image-state.js";
import { decideDigests } from "./system-digests.js";
import { describeSystemChange } from "./system-costs.js";
import { switchHold } from "./system-hold.js";
import { type SystemView, effectiveWith, lookAtSystem, switchedOff } from "./system-look.js";
import { applyPlan, surveySystem, wantedEntries } from "./system-plan.js";
import { driftOfSystem, releaseSystem, switchSystem } from "./system-switch.js";
import { type SystemState, inputsOf, shippedIn, specOf, toSystemState } from "./system-state.js";

/** The resource behind `SystemBootSources`. */
export const systemBootSources: Resource<SystemBootSourcesSpec, SystemState> = {
    parse: (args) => parseArguments(systemBootSourcesArgs, args),

    async decide(spec, args, old, world) {
        const cluster = world.preview
            ? (world.cluster.identity ?? old?.["cluster"] ?? unknownValue)
            : await world.cluster.establish();
        const inputs: Data = { ...args, cluster };
        const quiet = { inputs, effects: [], warnings: [], failures: [] };
        if (unknownPaths(args).length > 0 || world.cluster.unreachable !== undefined) return quiet;
        const former = old ?? world.replaced;
        try {
            const view = await lookAtSystem(spec, shippedIn(former), world);
            const after = specAfter(spec, view, { urn: world.urn, token: "" });
            const active = effectiveWith(after, view).filter(({ status }) => status.commonTemplate === true);
            const digests = await decideDigests(active, former, world);
            const decided = digests === undefined ? inputs : { ...inputs, digests };
            const unchanged = former !== undefined && isSame(inputsOf(former), decided);
            if (!world.preview || unchanged) return { ...quiet, inputs: decided };
            // Of a state only the inputs are known here: an entry of that URN is this resource's own.
            surveySystem(spec, view, { urn: world.urn, token: undefined });
            return { ...quiet, inputs: decided, effects: await describeSystemChange(spec, view, after, world) };
        } catch (thrown) {
            if (!isObstacle(thrown)) throw thrown;
            return world.preview ? { ...quiet, warnings: [thrown.message] } : quiet;
        }
    },

    compare: (state, inputs) => ({
        replaces: ["cluster", "namespace"].filter((key) => !isSame(state[key], inputs[key])),
    }),

    async reconcile(inputs, last, world) {
        const spec = specOf(inputs);
        const cluster = await world.cluster.establish();
        const changed = await switchSystem({ spec, inputs, cluster }, last, world);
        const known = { ...changed.owner, cluster, switchedOnBefore: changed.before };
        const state = async (): Promise<SystemState> =>
            toSystemState(inputs, known, await lookAtSystem(spec, changed.view.system, world), world);
        try {
            await changed.arrive();
            return await state();
        } catch (error) {
            if (world.signal.aborted) throw error;
            throw new Unfinished(await state(), toBootsourceError(error, "switch the system boot sources"));
        }
    },

    async observe(state, world): Promise<Observation<SystemState> | undefined> {
        if (world.cluster.identity === undefined) return undefined;
        if (world.cluster.identity !== state.cluster) {
            throw wrongCluster("the system boot sources", state.cluster, world.cluster.name);
        }
        const inputs = inputsOf(state);
        const spec = specOf(inputs);
        const view = await lookAtSystem(spec, shippedIn(state), world);
        const hold = view.object && switchHold(view.object);
        if (view.object === undefined || hold?.token !== state.token) return undefined;
        const now = await toSystemState(inputs, state, view, world);
        const drift = driftOfSystem(spec, view, { urn: state.urn, token: state.token });
        return { state: now, ...(drift === undefined ? {} : { drifted: { ...inputs, ...drift } }) };
    },

    remove: (state, world) => releaseSystem(state, specOf(state), world),

    idOf: ({ namespace }) => `system-boot-sources${typeof namespace === "string" ? `/${namespace}` : ""}`,
};

/** Others of its errors are of the configuration, or of rights. */
function isObstacle(thrown: unknown): thrown is BootsourceError {
    return (
        isBootsourceError(thrown) &&
        ["missing-object", "not-owned", "invalid-argument", "forbidden"].includes(thrown.code)
    );
}

function specAfter(spec: SystemBootSourcesSpec, view: SystemView, owner: { urn: string; token: string }) {
    const after = structuredClone(view.object?.spec ?? switchedOff);
    applyPlan(after, spec.enabled ?? true, wantedEntries(spec, view, owner), (hold) => hold.urn === owner.urn);
    return after;
}
