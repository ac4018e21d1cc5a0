// The races of writers on one list, on a real API server, in the versions of two eras: ours, and one who goes by resourceVersion.
import { newOwner } from "../../provider/cluster/ownership.js";
import type { DataImportCronTemplate } from "../../provider/model/objects.js";
import { hyperConvergedRef } from "../../provider/rules/system-list.js";
import { type RaceStage, type Writer, describeListRaces, foreignChange, ownChange } from "../conformance/list-races.js";
import { ApiError, type KubeObject } from "../control-plane/api.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { type Era, serveHyperConverged } from "../control-plane/hyperconverged.js";
import { openCluster } from "./stage.js";

describe("writers on one list", () => {
    let plane: ControlPlane;
    before(async function () {
        plane = await startControlPlane(this);
    });
    for (const era of ["field", "v1"] as const) {
        describeListRaces(`the era "${era}"`, () => makeStage(plane, era), 60);
    }
});

async function makeStage(plane: ControlPlane, era: Era): Promise<RaceStage> {
    const served = await serveHyperConverged(plane, era);
    const clusters = await Promise.all(
        ["ours0", "ours1", "ours2"].map(async (name) => ({ name, cluster: await openCluster(plane.kubeconfig) })),
    );
    const ours = clusters.map(({ name, cluster }): Writer => {
        const owner = newOwner(`urn:pulumi:s::p::t::${name}`);
        return {
            name,
            write: (entries) => cluster.update("HyperConverged", hyperConvergedRef, ownChange(owner, entries)),
        };
    });
    const listOf = ({ spec }: KubeObject): DataImportCronTemplate[] =>
        ((era === "v1" ? spec.workloadSources : spec)?.dataImportCronTemplates ?? []) as DataImportCronTemplate[];
    const foreign: Writer = {
        name: "foreign",
        write: async (entries) => {
            for (;;) {
                const object = await plane.api.get(served.path);
                const dataImportCronTemplates = foreignChange("foreign", listOf(object), entries);
                const spec =
                    era === "v1"
                        ? {
                              ...object.spec,
                              workloadSources: { ...object.spec.workloadSources, dataImportCronTemplates },
                          }
                        : { ...object.spec, dataImportCronTemplates };
                try {
                    return await plane.api.replace(served.path, { ...object, spec });
                } catch (thrown) {
                    if (!(thrown instanceof ApiError) || thrown.status !== 409) throw thrown;
                }
            }
        },
    };
    return {
        writers: [...ours, foreign],
        list: async () => listOf(await plane.api.get(served.path)).map(withoutInjected),
        close: async () => {
            await Promise.all(clusters.map(({ cluster }) => cluster.close()));
            await served.stop();
        },
    };
}

/** The platform adds this where an entry says nothing. */
function withoutInjected({ metadata, spec }: DataImportCronTemplate): DataImportCronTemplate {
    if (spec === undefined) return { metadata };
    const { retentionPolicy: _injected, ...said } = spec;
    return { metadata, spec: said };
}
