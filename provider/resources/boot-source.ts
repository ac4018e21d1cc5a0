// BootSource: a named image kept current; its DataSource is what machines clone from, and never waits for a newer image.
import { describeRef } from "../cluster/wait.js";
import { holds } from "../cluster/ownership.js";
import { type BootSourceSpec, bootSourceArgs } from "../model/boot-source.js";
import { isSame } from "../model/canonical.js";
import type { DataImportCronTemplate, Pointer } from "../model/objects.js";
import { isUnknown, unknownValue } from "../model/unknown.js";
import { placesOf, toCronSpec } from "../rules/boot-source-objects.js";
import { refusedByCdiCron } from "../rules/cdi-cron.js";
import { isCarriedByList, isInForce, refusedByList, toListSpec } from "../rules/list-entry.js";
import { parseArguments } from "./arguments.js";
import { type Live, filledFrom, findLive } from "./boot-source-adopt.js";
import { digestAdopted, whyCdiWouldMove } from "./boot-source-adopt-cdi.js";
import { bringUpToDate } from "./boot-source-bring.js";
import { describeCarriage } from "./boot-source-carriage.js";
import { describeBootSourceChange } from "./boot-source-costs.js";
import { decideDigest } from "./boot-source-digest.js";
import { driftedArguments } from "./boot-source-drift.js";
import { decideLanding } from "./boot-source-landing.js";
import { removeBootSource } from "./boot-source-remove.js";
import { type BootSourceState, bootSourceInputs, toBootSourceState } from "./boot-source-state.js";
import { asCron, findEntry } from "./boot-source-unlist.js";
import { removeCloneRights } from "./clone-rights.js";
import { withExpectedStorage } from "./expected-storage.js";
import type { Data, Decision, Observation, Resource } from "./contract.js";
import { wrongCluster } from "./image-state.js";

/** The resource behind `BootSource`. */
export const bootSource: Resource<BootSourceSpec, BootSourceState> = {
    parse: (args) => parseArguments(bootSourceArgs, args),

    async decide(parsed, args, old, present): Promise<Decision> {
        const world = withExpectedStorage(present, old);
        const given = { ...parsed, namespace: parsed.namespace ?? world.cluster.namespace };
        const resourceName = world.urn.split("::").at(-1) ?? "boot-source";
        const live =
            given.adopt === true && old === undefined
                ? await findLive(placesOf(given, resourceName), world)
                : undefined;
        const spec = adopted(given, live, old);
        const refused = [
            ...(world.cluster.capabilities.mutableDataVolumes ? [] : refusedByCdiCron(spec)),
            ...(isCarriedByList(spec) ? refusedByList(spec) : []),
        ];
        if (refused.length > 0) return { inputs: args, effects: [], warnings: [], failures: refused };
        const places = placesOf(spec, resourceName);
        const carriage = await describeCarriage({ spec, places, args, old: old ?? world.replaced }, world);
        if (carriage.failures.length > 0) return { inputs: args, ...carriage };
        const cluster = world.preview
            ? (world.cluster.identity ?? old?.["cluster"] ?? unknownValue)
            : await world.cluster.establish();
        const here: Data = { cluster, ...namesOf(places) };
        // Another name is another cron for the same DataSource: its images stay what they are.
        const former = old ?? world.replaced;
        const moved = former !== undefined && dwelling.some((key) => !isSame(former[key], here[key]));
        const before = moved ? undefined : (live?.digest ?? knownDigest(former));
        const changed = live?.digest === undefined && (before === undefined || !sameSource(former, args));
        const held = digestAdopted(spec, live?.digest);
        // Adoption downloads nothing: what upstream holds by now is the next update's matter.
        const { digest, bytes } =
            held === undefined
                ? await decideDigest({ spec, places, before, changed }, world)
                : { digest: held, bytes: undefined };
        const was = typeof former?.["landing"] === "string" && !moved ? former["landing"] : undefined;
        const landing = await decideLanding(spec, places, was, world);
        const inputs: Data = {
            ...args,
            ...filledIn(given, spec),
            ...here,
            ...(digest === undefined ? {} : { digest }),
            ...(landing === undefined ? {} : { landing }),
        };
        const change = await describeBootSourceChange(
            { spec, places, inputs, old: former, bytes, moved, adopts: live?.digest !== undefined },
            world,
        );
        const moves = live && world.preview ? await whyCdiWouldMove(spec, places, live, world) : undefined;
        return {
            inputs,
            failures: change.failures,
            effects: [...carriage.effects, ...change.effects],
            warnings: [...carriage.warnings, ...change.warnings, ...(moves === undefined ? [] : [moves])],
        };
    },

    compare: (state, inputs) => ({
        replaces: whereabouts.filter((key) => !isSame(state[key], inputs[key])),
    }),

    async reconcile(inputs, last, world) {
        const spec = specOf(inputs);
        const cluster = await world.cluster.establish();
        return bringUpToDate({ spec, inputs, places: placesIn(inputs), cluster }, last, world);
    },

    async observe(state, world): Promise<Observation<BootSourceState> | undefined> {
        const cluster = world.cluster.identity;
        if (cluster === undefined) return undefined;
        if (cluster !== state.cluster) {
            throw wrongCluster(`the boot source ${describeRef(state.dataSource)}`, state.cluster, world.cluster.name);
        }
        const inputs = inputsOf(state);
        const byList = isCarriedByList(state);
        const entry = byList ? (await findEntry(placesIn(state).cron, state.token, world))?.entry : undefined;
        const made = await world.cluster.get("DataImportCron", placesIn(state).cron);
        const cron = byList ? entry && (made ?? asCron(entry)) : made;
        if (cron === undefined || (!byList && !holds(cron.metadata, state.token))) return undefined;
        const now = await toBootSourceState(inputs, {
            cron,
            owner: { urn: state.urn, token: state.token },
            cluster,
            world,
        });
        const spec = specOf(inputs);
        const resolve = (path: string): string => world.upstream.resolvePath(path);
        const drifted =
            entry?.spec === undefined
                ? driftedArguments(spec, inputs, toCronSpec(spec, placesIn(inputs), resolve), cron)
                : driftOfEntry(
                      entry,
                      driftedArguments(spec, inputs, toListSpec(spec, placesIn(inputs), true, resolve), asCron(entry)),
                      inputs,
                  );
        const gone = whatIsGone(state, now, inputs);
        if (gone === undefined) return { state: now, drifted };
        const { [gone]: _gone, ...without } = drifted ?? inputs;
        return { state: now, drifted: without };
    },

    async remove(state, world) {
        await removeBootSource(state, placesIn(state), world);
        if (state["cloneableFrom"] !== undefined && world.cluster.identity === state.cluster)
            await removeCloneRights(state.dataSource, state.token, world);
    },

    idOf: (state) => describeRef(state.dataSource),
};

/**
 * Which input no longer holds: a source without its image has not its digest, and one that another hand led elsewhere has not
 * landed. The next update sees that it is not there, and mends it.
 */
function whatIsGone(state: BootSourceState, now: BootSourceState, inputs: Data): "digest" | "landing" | undefined {
    if (state.ready && !now.ready && "digest" in inputs) return "digest";
    const [served, serves] = [state, now].map(({ ready, imports }) => ready && imports.some(({ current }) => current));
    return served === true && serves === false ? "landing" : undefined;
}

/** What another hand did to an entry that no argument is of, as the argument that puts it there. */
function driftOfEntry(entry: DataImportCronTemplate, drifted: Data | undefined, inputs: Data): Data | undefined {
    if (isInForce(entry)) return drifted;
    const { carrier: _carrier, ...others } = drifted ?? inputs;
    return others;
}

/** What adoption found stays as it was found, as long as the arguments say nothing else. */
function adopted(given: BootSourceSpec, live: Live | undefined, old: Data | undefined): BootSourceSpec {
    if (live !== undefined) return filledFrom(given, live);
    if (given.adopt !== true || old === undefined) return given;
    const before = specOf(old);
    return {
        ...given,
        ...Object.fromEntries(open.filter((key) => given[key] === undefined).map((key) => [key, before[key]])),
    };
}

/** What adoption fills in. */
const open = [
    "schedule",
    "importsToKeep",
    "garbageCollect",
    "retentionPolicy",
    "keepFor",
    "storage",
    "labels",
    "name",
] as const;

function filledIn(given: BootSourceSpec, spec: BootSourceSpec): Data {
    const added = open.filter((key) => given[key] === undefined && spec[key] !== undefined);
    return Object.fromEntries(added.map((key) => [key, spec[key]]));
}

/** Where the images of a boot source are. */
const dwelling = ["cluster", "namespace", "dataSource"];

/** What makes another of these another resource. */
const whereabouts = [...dwelling, "cronName"];

/** The names that the arguments decide, as inputs: every preview knows them. */
function namesOf({ cron, dataSource }: ReturnType<typeof placesOf>): Data {
    return { namespace: cron.namespace, cronName: cron.name, dataSource };
}

function placesIn(data: Data): { cron: Pointer; dataSource: Pointer } {
    return {
        cron: { namespace: String(data["namespace"]), name: String(data["cronName"]) },
        dataSource: data["dataSource"] as Pointer,
    };
}

/** A digest is no answer for another source. */
function sameSource(old: Data | undefined, args: Data): boolean {
    return old !== undefined && isSame(old["source"], args["source"]);
}

function knownDigest(old: Data | undefined): string | undefined {
    const digest = old?.["digest"];
    return typeof digest === "string" && !isUnknown(digest) ? digest : undefined;
}

function specOf(inputs: Data): BootSourceSpec {
    const {
        cronName: _cron,
        dataSource: _source,
        digest: _digest,
        landing: _to,
        cluster: _in,
        ...args
    } = inputsOf(inputs);
    return args as unknown as BootSourceSpec;
}

/** The inputs among a state's properties, as they were checked. */
function inputsOf(state: Data): Data {
    const wanted = "wantedDigest" in state ? { digest: state["wantedDigest"] } : {};
    const entries = Object.entries({ ...state, ...wanted });
    return Object.fromEntries(
        entries.filter(([key, value]) => bootSourceInputs.has(key) && value !== undefined && value !== null),
    );
}
