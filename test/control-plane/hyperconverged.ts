// HCO and SSP for the tests: the HyperConverged's CRD in three eras, written from the published fields, and our own controller in their place.
import { stringify } from "yaml";
import { reconcileOn } from "../../provider/controllers/hyper-converged.js";
import type { CronWorld } from "../../provider/controllers/contract.js";
import { Manager } from "../../provider/controllers/manager.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataImportCronTemplate } from "../../provider/model/objects.js";
import { hyperConvergedRef, systemNamespace } from "../../provider/rules/system-list.js";
import { openCluster } from "../kubernetes/stage.js";
import type { ControlPlane } from "./control-plane.js";
import { applyCrds } from "./crds.js";
import { until } from "./until.js";

/** "gate" up to 1.14, "field" from 1.15 to 1.17, "v1" from 1.18 on. */
export type Era = "gate" | "field" | "v1";

/** A platform that plays. */
export interface PlayedPlatform {
    /** The object's path in the API, in the version of its era. */
    readonly path: string;
    /** What it did last, and what went wrong meanwhile, for whoever waited for it in vain. */
    story(): string;
    /** Ends it and takes the object and its definition away. */
    stop(): Promise<void>;
}

const definitionPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/hyperconvergeds.hco.kubevirt.io";

const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as const;

/** Since 1.18 the mutating webhook adds these where an entry says nothing; here the schema's defaults do. */
const injected = {
    retentionPolicy: { type: "string", default: "None" },
    importsToKeep: { type: "integer", default: 1 },
};

/** The object and its definition alone, with nobody who follows it: it says nothing of the switch, so that it is on. */
export async function serveHyperConverged(plane: ControlPlane, era: Era): Promise<PlayedPlatform> {
    const version = era === "v1" ? "v1" : "v1beta1";
    await applyCrds(plane.api, [stringify(definition(era, version), { aliasDuplicateObjects: false })]);
    for (const name of [hyperConvergedRef.namespace, systemNamespace]) {
        const there = await plane.api.find(`/api/v1/namespaces/${name}`);
        if (there === undefined) await plane.api.create("/api/v1/namespaces", { metadata: { name } });
    }
    const { namespace, name } = hyperConvergedRef;
    const collection = `/apis/hco.kubevirt.io/${version}/namespaces/${namespace}/hyperconvergeds`;
    const object = { apiVersion: `hco.kubevirt.io/${version}`, kind: "HyperConverged", metadata: { name }, spec: {} };
    // An API server serves a new kind a moment after it says so.
    await until("a HyperConverged is taken", () => plane.api.create(collection, object).catch(() => undefined));
    return {
        path: `${collection}/${name}`,
        story: () => "nobody follows it",
        async stop() {
            await plane.api.remove(`${collection}/${name}`);
            await plane.api.remove(definitionPath);
            await until("its kind is gone", async () => (await plane.api.find(definitionPath)) === undefined);
        },
    };
}

/** Starts it; `system` is what the platform ships. */
export async function playPlatform(
    plane: ControlPlane,
    { era, system }: { readonly era: Era; readonly system: readonly DataImportCronTemplate[] },
): Promise<PlayedPlatform> {
    const served = await serveHyperConverged(plane, era);
    const ended = new AbortController();
    const cluster = await openCluster(plane.kubeconfig, hyperConvergedRef.namespace);
    await cluster.establish();
    const shipped = era === "v1" ? system.map(withInjected) : system;
    const dataSources = new Set(system.map(({ spec }) => String(spec?.managedDataSource)));
    const errors: string[] = [];
    const note = (error: unknown): void => {
        errors.push(`${new Date().toISOString()} ${String(error)}`);
    };
    let last = "it never began";
    const manager = new Manager<CronWorld>({
        world: () => ({ cluster, clock: systemClock }),
        controllers: {
            HyperConverged: async (object, world) => {
                const which = `generation ${object.metadata.generation} at ${new Date().toISOString()}`;
                last = `it began with ${which}`;
                const verdict = await reconcileOn({ system: shipped, dataSources }, object, world);
                last = `it was through with ${which}: ${JSON.stringify(verdict)}`;
                return verdict;
            },
        },
        takeTurn: () => ({ release: () => undefined }),
        turnAgain: 100,
        onError: note,
        triesAgain: () => true,
    });
    const follow = async (kind: "HyperConverged" | "DataImportCron" | "DataSource"): Promise<void> => {
        for await (const change of cluster.watch(kind, ended.signal)) {
            if (kind === "HyperConverged" || change.type === "deleted")
                manager.drive("HyperConverged", hyperConvergedRef);
        }
    };
    const following = Promise.all(
        (["HyperConverged", "DataImportCron", "DataSource"] as const).map((kind) => follow(kind).catch(note)),
    );
    return {
        path: served.path,
        story: () => [last, ...errors.slice(-20)].join("\n"),
        async stop() {
            ended.abort();
            await following;
            await manager.stop();
            await cluster.close();
            await served.stop();
        },
    };
}

function withInjected(template: DataImportCronTemplate): DataImportCronTemplate {
    return {
        ...template,
        ...(template.spec === undefined
            ? {}
            : { spec: { retentionPolicy: "None", importsToKeep: 1, ...template.spec } }),
    };
}

function definition(era: Era, version: string): object {
    const entry = {
        type: "object",
        properties: {
            metadata: open,
            spec: {
                ...open,
                required: ["managedDataSource", "schedule", "template"],
                properties: {
                    managedDataSource: { type: "string" },
                    schedule: { type: "string" },
                    template: open,
                    ...(era === "v1" ? injected : {}),
                },
            },
        },
    };
    const list = {
        commonBootImageNamespace: { type: "string" },
        dataImportCronTemplates: { type: "array", "x-kubernetes-list-type": "atomic", items: entry },
    };
    const enable = { enableCommonBootImageImport: { type: "boolean" } };
    const gates = { featureGates: { type: "object", properties: enable } };
    const fields = {
        gate: { ...list, ...gates },
        // The gate is still there, and ignored.
        field: { ...list, ...enable, ...gates },
        v1: { workloadSources: { type: "object", properties: { ...list, ...enable } } },
    }[era];
    return {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "hyperconvergeds.hco.kubevirt.io" },
        spec: {
            group: "hco.kubevirt.io",
            scope: "Namespaced",
            names: { kind: "HyperConverged", plural: "hyperconvergeds", singular: "hyperconverged" },
            versions: [
                {
                    name: version,
                    served: true,
                    storage: true,
                    subresources: { status: {} },
                    schema: {
                        openAPIV3Schema: {
                            type: "object",
                            properties: { spec: { type: "object", properties: fields }, status: open },
                        },
                    },
                },
            ],
        },
    };
}
