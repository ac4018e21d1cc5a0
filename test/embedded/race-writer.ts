// A process that writes to the list of a store's HyperConverged as its parent says: as a resource of ours, or as somebody else.
import { newOwner } from "../../provider/cluster/ownership.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataImportCronTemplate } from "../../provider/model/objects.js";
import { hyperConvergedRef } from "../../provider/rules/system-list.js";
import { foreignChange, ownChange } from "../conformance/list-races.js";

const [, , store = "", name = "", kind] = process.argv;
const cluster = new EmbeddedCluster(store, { clock: systemClock, warn: () => undefined });
const owner = newOwner(`urn:pulumi:s::p::t::${name}`);

async function write(entries: readonly DataImportCronTemplate[]): Promise<void> {
    const own = ownChange(owner, entries);
    await cluster.update("HyperConverged", hyperConvergedRef, (object) => {
        if (kind === "ours") own(object);
        else {
            const sources = (object.spec.workloadSources ??= {});
            sources.dataImportCronTemplates = foreignChange(name, sources.dataImportCronTemplates ?? [], entries);
        }
    });
}

process.on("message", (entries: DataImportCronTemplate[]) => {
    write(entries).then(
        () => process.send?.("written"),
        (thrown: unknown) => process.send?.(String(thrown)),
    );
});
process.on("disconnect", () => void cluster.close());
