// Which versions of the system boot sources an update makes current, in a world where nobody polls: the stack asks, as for its own.
import type { BootSourceSpec } from "../model/boot-source.js";
import { isSame } from "../model/canonical.js";
import type { EffectiveTemplate } from "../model/objects.js";
import { isUnknown } from "../model/unknown.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { dataSourceOf } from "../rules/template-crons.js";
import { decideDigest } from "./boot-source-digest.js";
import type { Data, World } from "./contract.js";

/** Digests by entry; undefined where whoever keeps the sources current finds them by themselves. */
export async function decideDigests(
    active: readonly EffectiveTemplate[],
    old: Data | undefined,
    world: World,
): Promise<Record<string, string> | undefined> {
    const before = (old?.["digests"] ?? {}) as Record<string, string>;
    const asked = await Promise.all(
        active.map(async (template): Promise<[string, string][]> => {
            const { metadata, spec } = template;
            const dataSource = dataSourceOf(template);
            if (spec === undefined || dataSource === undefined) return [];
            const { source } = spec.template.spec;
            if (isPlatformsCron(source, world.cluster.capabilities.platformCrons)) return [];
            const cron = { namespace: dataSource.namespace, name: metadata.name };
            const asSpec = { source, schedule: spec.schedule, ...cron } as unknown as BootSourceSpec;
            const present = await world.cluster.get("DataImportCron", cron);
            const isNew = present === undefined || !isSame(present.spec.template.spec.source, source);
            const known = before[metadata.name];
            const changed = isNew || known === undefined;
            // Whoever polls finds it alone; only an agent that has not begun yet is not waited for.
            if (!isNew && (await world.cluster.refreshes(source))) return [];
            const question = {
                spec: asSpec,
                places: { cron, dataSource },
                before: changed ? undefined : known,
                changed,
            };
            const { digest } = await decideDigest(question, world);
            return digest === undefined || isUnknown(digest) ? [] : [[metadata.name, digest]];
        }),
    );
    const found = asked.flat();
    return found.length === 0 ? undefined : Object.fromEntries(found);
}
