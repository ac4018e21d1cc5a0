// HyperConverged in the versions that clusters serve: each is read as v1 and written back as itself, so that nobody else has to know.
import type { Clock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import type { HyperConverged } from "../model/objects.js";
import type { KubernetesApi } from "./api.js";
import type { Raw } from "./lists.js";
import { type Api, type Subject, apiOf } from "./subjects.js";
import { updateObject } from "./writes.js";

/** Where a version keeps the fields of boot sources. */
interface Dialect {
    readonly api: Api;
    read(raw: Raw): HyperConverged;
    /** Changes the object that was read back into what the server has. */
    write(object: HyperConverged): Raw;
}

const v1: Dialect = {
    api: apiOf("HyperConverged"),
    read: (raw) => raw as unknown as HyperConverged,
    write: (object) => object as unknown as Raw,
};

/** The fields of `workloadSources`, which v1beta1 has flat in the spec. */
const flat = ["enableCommonBootImageImport", "commonBootImageNamespace", "dataImportCronTemplates"] as const;
const theSwitch = flat[0];

const older: Api = { ...v1.api, apiVersion: "hco.kubevirt.io/v1beta1" };

/** v1beta1 since 1.15; up to 1.14 the switch was a feature gate, and later that gate is ignored with a warning. */
function v1beta1(hasGate: boolean): Dialect {
    return {
        api: older,
        read(raw) {
            const spec = { ...(raw["spec"] as Record<string, unknown> | undefined) };
            const gates = spec["featureGates"] as Record<string, unknown> | undefined;
            const sources = Object.fromEntries(
                flat.map((field) => [field, hasGate && field === theSwitch ? gates?.[field] : spec[field]]),
            );
            for (const field of flat) Reflect.deleteProperty(spec, field);
            return { ...raw, spec: { ...spec, workloadSources: withoutAbsent(sources) } };
        },
        write(object) {
            const { workloadSources = {}, ...spec } = object.spec as HyperConverged["spec"] & Record<string, unknown>;
            const { [theSwitch]: enabled, ...others } = workloadSources;
            const gates = spec["featureGates"] as Record<string, unknown> | undefined;
            const placed = hasGate
                ? { featureGates: withoutAbsent({ ...gates, [theSwitch]: enabled }) }
                : withoutAbsent({ [theSwitch]: enabled });
            return { ...object, spec: { ...spec, ...others, ...placed } };
        },
    };
}

/** The objects of one cluster. */
export class HyperConvergedObjects {
    readonly #api: KubernetesApi;
    readonly #clock: Clock;
    #dialect: Promise<Dialect | undefined> | undefined;

    constructor(api: KubernetesApi, clock: Clock) {
        this.#api = api;
        this.#clock = clock;
    }

    /** Undefined where there is none, or the cluster does not know the kind. */
    async get(subject: Subject): Promise<HyperConverged | undefined> {
        const dialect = await this.#known(subject);
        if (dialect === undefined) return undefined;
        const answer = await this.#api.ask({ ...subject, api: dialect.api }, "GET");
        return answer.found ? dialect.read(answer.body as Raw) : undefined;
    }

    /** What the server does not keep of a change is an error: a field that its version does not have is dropped without a word. */
    async update(
        subject: Subject & { readonly name: string },
        change: (object: HyperConverged) => void,
    ): Promise<HyperConverged> {
        const dialect = (await this.#known(subject)) ?? v1;
        let wanted: HyperConverged | undefined;
        const apply = (raw: Raw): void => {
            const object = dialect.read(structuredClone(raw));
            const before = JSON.stringify(object);
            change(object);
            wanted = object;
            if (JSON.stringify(object) !== before) Object.assign(raw, dialect.write(object));
        };
        const written = await updateObject(this.#api, { ...subject, api: dialect.api }, apply, this.#clock);
        const kept = dialect.read(written);
        const [asked, is] = [wanted, kept].map((one) => one?.spec.workloadSources?.[theSwitch]);
        if (subject.part === undefined && asked !== is) throw notKept(dialect.api);
        return kept;
    }

    /** The version's API, and how its objects are read. */
    async watched(): Promise<{ readonly api: Api; read(raw: Raw): HyperConverged }> {
        return (await this.#known({ verb: "list", api: v1.api, namespace: undefined })) ?? v1;
    }

    #known(subject: Subject): Promise<Dialect | undefined> {
        this.#dialect ??= this.#discover(subject);
        const dialect = this.#dialect;
        // Where it is not known yet it may be in a moment; and what failed may pass.
        dialect.then(
            (found) => (this.#dialect = found === undefined ? undefined : dialect),
            () => (this.#dialect = undefined),
        );
        return dialect;
    }

    async #discover({ namespace, name }: Subject): Promise<Dialect | undefined> {
        const look = { verb: "get", namespace, name } as const;
        const newest = await this.#api.ask({ ...look, api: v1.api }, "GET");
        if (newest.found || newest.served) return v1;
        const beta = await this.#api.ask({ ...look, api: older }, "GET");
        if (!beta.found && !beta.served) return undefined;
        return v1beta1(!(await this.#hasSwitchField()));
    }

    /** The schema says so, which whoever may log in may read. */
    async #hasSwitchField(): Promise<boolean> {
        const path = `/openapi/v3/apis/${older.apiVersion}`;
        const schema = { ...older, kind: "schema" };
        const answer = await this.#api.ask({ verb: "get", api: schema, namespace: undefined, name: path, path }, "GET");
        const { components } = (answer.found ? answer.body : {}) as {
            components?: { schemas?: Record<string, Schema> };
        };
        const found = Object.entries(components?.schemas ?? {}).find(([name]) => /(^|\.)HyperConverged$/.test(name));
        return found?.[1].properties?.["spec"]?.properties?.[theSwitch] !== undefined;
    }
}

interface Schema {
    readonly properties?: Readonly<Record<string, Schema>>;
}

function withoutAbsent(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function notKept({ apiVersion }: Api): BootsourceError {
    return new BootsourceError(
        "unexpected-response",
        `cannot set ${theSwitch}: the API server took the change of the HyperConverged (${apiVersion}) and did not keep it; its ` +
            "CustomResourceDefinition and its operator are of different versions; upgrade what is behind",
    );
}
