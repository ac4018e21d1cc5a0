// What another hand has changed of a boot source's cron: a refresh reports it as the arguments it amounts to, an update mends it.
import type { BootSourceSpec } from "../model/boot-source.js";
import { isSame } from "../model/canonical.js";
import type { DataImportCron } from "../model/objects.js";
import { withoutUndefined } from "../model/without-undefined.js";
import type { Data } from "./contract.js";

/**
 * The arguments as the live cron has them, where it is not as `asked`; undefined where nothing differs. What only others wrote
 * (their labels, what CDI notes) is no drift.
 */
export function driftedArguments(
    spec: BootSourceSpec,
    inputs: Data,
    asked: DataImportCron["spec"],
    live: Pick<DataImportCron, "metadata" | "spec">,
): Data | undefined {
    const changed: Record<string, unknown> = {
        ...plainDrift(asked, live.spec),
        ...sizeDrift(inputs, asked, live.spec),
        ...sourceDrift(inputs, asked, live.spec),
        ...(spec.labels === undefined ? {} : ownDrift("labels", spec.labels, live.metadata.labels)),
        ...(spec.annotations === undefined ? {} : ownDrift("annotations", spec.annotations, live.metadata.annotations)),
    };
    if (Object.keys(changed).length === 0) return undefined;
    return withoutUndefined({ ...inputs, ...changed });
}

const plain = ["schedule", "importsToKeep", "garbageCollect", "keepFor"] as const;

function plainDrift(asked: DataImportCron["spec"], live: DataImportCron["spec"]): Data {
    return Object.fromEntries(plain.filter((key) => asked[key] !== live[key]).map((key) => [key, live[key]]));
}

function sizeDrift(inputs: Data, asked: DataImportCron["spec"], live: DataImportCron["spec"]): Data {
    const [was, is] = [asked, live].map(({ template }) => template.spec.storage?.resources?.requests?.storage);
    return is === undefined || was === is ? {} : { storage: { ...(inputs["storage"] as object), size: is } };
}

/** Only where the bytes come from: how they are fetched has no form of its own in the arguments. */
function sourceDrift(inputs: Data, asked: DataImportCron["spec"], live: DataImportCron["spec"]): Data {
    const [was, is] = [asked, live].map(({ template }) => template.spec.source.registry?.url);
    if (was === undefined || is === undefined || was === is) return {};
    const { registry } = inputs["source"] as { registry?: object };
    return { source: { registry: { ...registry, url: is } } };
}

function ownDrift(
    key: string,
    ours: Readonly<Record<string, string>>,
    live: Readonly<Record<string, string>> | undefined,
): Data {
    const now = Object.fromEntries(
        Object.keys(ours).flatMap((name) => (live?.[name] === undefined ? [] : [[name, live[name]] as const])),
    );
    return isSame(now, ours) ? {} : { [key]: now };
}
