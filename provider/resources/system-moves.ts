// System boot sources whose images go to another class or form when their entries change: what a preview says of it, and what is let go of.
import { importsOf, refOf } from "../cluster/boot-imports.js";
import { isSame } from "../model/canonical.js";
import type { DataImportCron, EffectiveTemplate } from "../model/objects.js";
import { describeSource, inlineAccess } from "../model/image-source.js";
import { dataSourceOf } from "../rules/template-crons.js";
import { type Move, isReimported, moveOf } from "./storage-move.js";
import type { World } from "./contract.js";
import type { SystemChange } from "./system-costs.js";

/** An entry whose image moves. */
export interface MovingEntry {
    readonly after: EffectiveTemplate;
    readonly move: Move;
    /** Whether the platform removes the image first, and downloads it again. */
    readonly reimported: boolean;
}

/** Those of the changed entries whose source stays what it is; another source brings in another image anyway. */
export async function movingEntries(
    { changed }: Pick<SystemChange, "changed">,
    world: Pick<World, "cluster">,
): Promise<MovingEntry[]> {
    const found = await Promise.all(
        changed.map(async ({ before, after }): Promise<MovingEntry[]> => {
            const dataSource = dataSourceOf(after);
            if (dataSource === undefined || after.spec === undefined || isAnotherImage(before, after)) return [];
            const move = await moveOf(dataSource, after.spec, world);
            if (move === undefined) return [];
            return [{ after, move, reimported: isReimported(move, after.spec.template.spec.source, world) }];
        }),
    );
    return found.flat();
}

/** Whether a changed entry has another source. */
export function isAnotherImage(before: EffectiveTemplate, after: EffectiveTemplate): boolean {
    const [was, is] = [before, after].map(({ spec }) => spec?.template.spec.source);
    return !isSame(was, is);
}

/** Bytes that its source has to send, where it says so in time. */
export async function bytesOfSource(
    { spec }: EffectiveTemplate,
    { upstream, signal }: Pick<World, "upstream" | "signal">,
): Promise<number | undefined> {
    const source = spec?.template.spec.source;
    if (source === undefined) return undefined;
    const { details = {} } = describeSource(source as Parameters<typeof describeSource>[0]);
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    // A preview goes on without an answer: credentials may lie in the cluster, or the source be known to the cluster alone.
    return upstream.identify(source, inlineAccess(details), inTime).then(
        ({ bytes }) => bytes,
        () => undefined,
    );
}

/** A preview asks a source this long at most, in milliseconds. */
const patience = 5_000;

/**
 * Takes away what a cron still has on another class: the platform takes up an image of the version that it wants wherever it lies, and
 * brings none to where the entry says.
 */
export async function dropImagesElsewhere(
    { metadata }: Pick<DataImportCron, "metadata">,
    { storageClass }: Move,
    { cluster }: Pick<World, "cluster">,
): Promise<void> {
    for (const one of await importsOf({ metadata }, cluster)) {
        if (one.storageClass === storageClass) continue;
        for (const [kind, object] of [
            ["VolumeSnapshot", one.snapshot],
            ["DataVolume", one.volume],
            ["PersistentVolumeClaim", one.claim],
        ] as const) {
            if (object !== undefined) await cluster.delete(kind, refOf(object.metadata), { uid: object.metadata.uid });
        }
    }
}
