// What the pod of a DataImportCron's CronJob does: asks the registry for the index's digest with our own code, and notes it on the cron.
import { identifySource } from "../../provider/importer/identify.js";
import { ApiError, type Api } from "./api.js";
import type { Ended } from "./importer-pod.js";
import type { Container } from "./pod.js";

/** Runs `cdi-source-update-poller -ns <namespace> -cron <name> -url <url>` to its end. */
export async function runPoller(
    api: Api,
    { command, env, certificates }: Container,
    signal: AbortSignal,
): Promise<Ended> {
    const flag = (name: string): string => command[command.indexOf(name) + 1] ?? "";
    try {
        const identity = await identifySource(
            {
                kind: "registry",
                url: flag("-url"),
                username: env.IMPORTER_ACCESS_KEY_ID,
                password: env.IMPORTER_SECRET_KEY,
                caCertificates: certificates,
                insecure: env.INSECURE_TLS === "true",
            },
            signal,
        );
        const digest = identity.container?.indexDigest ?? identity.container?.digest;
        const path = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${flag("-ns")}/dataimportcrons/${flag("-cron")}`;
        await api.patch(path, {
            metadata: {
                annotations: {
                    "cdi.kubevirt.io/storage.import.lastCronTime": new Date().toISOString(),
                    ...(digest === undefined ? {} : { "cdi.kubevirt.io/storage.import.sourceDesiredDigest": digest }),
                },
            },
        });
        return { exitCode: 0, message: "" };
    } catch (thrown) {
        if (thrown instanceof ApiError)
            return { exitCode: 1, message: `Failed updating DataImportCron: ${thrown.message}` };
        const said = thrown instanceof Error ? thrown.message : String(thrown);
        return { exitCode: 1, message: `Failed to get image digest: ${said}` };
    }
}
