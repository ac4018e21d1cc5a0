// Where an update brings a boot source's image, as an input: a default that has moved is a diff, where nobody else follows it.
import { describeLanding, landingFor, presentLanding } from "../cluster/landing.js";
import type { BootSourceSpec } from "../model/boot-source.js";
import { isUnknown } from "../model/unknown.js";
import { type placesOf, toCronSpec } from "../rules/boot-source-objects.js";
import type { World } from "./contract.js";

/** "fast (snapshot)"; as before while that holds, while there is no class to move to, and where an agent moves it. */
export async function decideLanding(
    spec: BootSourceSpec,
    places: ReturnType<typeof placesOf>,
    before: string | undefined,
    { cluster, upstream }: World,
): Promise<string | undefined> {
    if (isUnknown(spec.storage) || isUnknown(spec.storage?.storageClassName)) return before;
    const cron = { spec: toCronSpec(spec, places, (path) => upstream.resolvePath(path)) };
    const { storageClass, format } = await landingFor(cron, cluster);
    if (storageClass === undefined) return before;
    const wanted = describeLanding(storageClass, format);
    if (before === undefined || before === wanted) return wanted;
    if (await cluster.refreshes(cron.spec.template.spec.source)) return before;
    return (await presentLanding(places.dataSource, cluster)) === wanted ? before : wanted;
}
