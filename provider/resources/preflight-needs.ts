// What an image or a boot source is about to ask of a cluster, from its arguments alone.
import type { BootSourceSpec } from "../model/boot-source.js";
import { describeSource } from "../model/image-source.js";
import { type ImportedImageSpec, sizeOf } from "../model/imported-image.js";
import type { Ref } from "../model/objects.js";
import { type placesOf, scheduleOf } from "../rules/boot-source-objects.js";
import { importName } from "../rules/cron-names.js";
import { placementOf, toSource } from "../rules/data-volume.js";
import type { Need } from "./preflight.js";

/** Of an image whose bytes are to come; `at` is undefined while its name is not known. */
export function needOfImage(spec: ImportedImageSpec, namespace: string, at: Ref | undefined): Need {
    const { kind, details } = describeSource(spec.source);
    const asked = spec.pvc ?? spec.storage;
    return {
        what: `${namespace}/${at?.name ?? "an image"}`,
        namespace,
        access: kind === undefined || details === undefined ? undefined : { kind, details, polledAs: undefined },
        claim: {
            form: spec.pvc === undefined ? "storage" : "pvc",
            archive: spec.contentType === "archive",
            storageClassName: placementOf(spec).class,
            accessModes: asked?.accessModes !== undefined,
            withFileSystem: spec.pvc === undefined && asked?.volumeMode !== "Block",
            size: sizeOf(spec),
            at,
            mayBeSnapshot: false,
        },
        polled: undefined,
    };
}

/** What an update does to a boot source. */
interface Moving {
    /** Whether bytes are to come now. */
    readonly imports: boolean;
    /** The version that is to come, where that is known. */
    readonly digest: string | undefined;
    /** Reasons that only it knows. */
    readonly more?: readonly string[];
}

/** Of a boot source on a cluster with CDI. */
export function needOfBootSource(
    spec: BootSourceSpec,
    { cron, dataSource }: ReturnType<typeof placesOf>,
    { imports, digest, more = [] }: Moving,
): Need {
    const { kind, details } = describeSource(spec.source);
    const polls = kind === "registry" && details?.imageStream === undefined;
    const polled = polls && scheduleOf(spec, dataSource.name) !== "";
    const { registry } = toSource(spec, cron.name, (path) => path);
    const { namespace = "default" } = spec;
    return {
        what: `${namespace}/${dataSource.name}`,
        namespace,
        access:
            kind === undefined || details === undefined
                ? undefined
                : { kind, details, polledAs: polled ? registry : undefined },
        claim: imports
            ? {
                  form: "storage",
                  archive: false,
                  storageClassName: spec.storage?.storageClassName,
                  accessModes: spec.storage?.accessModes !== undefined,
                  withFileSystem: spec.storage?.volumeMode !== "Block",
                  size: sizeOf(spec),
                  // What was imported before is there already, and nothing is claimed for it.
                  at: digest === undefined ? undefined : { namespace, name: importName(dataSource.name, digest) },
                  mayBeSnapshot: true,
              }
            : undefined,
        polled: polled ? { cronName: cron.name } : undefined,
        more,
    };
}
