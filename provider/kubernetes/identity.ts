// Which cluster this is, for good: a uid that no other cluster has, whatever its address.
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import type { KubernetesApi } from "./api.js";
import type { Raw } from "./lists.js";
import type { Api } from "./subjects.js";

const namespaces: Api = {
    kind: "Namespace",
    apiVersion: "v1",
    plural: "namespaces",
    namespaced: false,
    statusPart: true,
};

/**
 * The uid of kube-system, which lives as long as the cluster does; where it may not be read, that of the namespace that the
 * stack works in by default.
 */
export async function identityOf(api: KubernetesApi, namespace: string): Promise<string> {
    let refused: BootsourceError | undefined;
    for (const name of ["kube-system", namespace]) {
        const subject = { verb: "get", api: namespaces, namespace: undefined, name } as const;
        try {
            const answer = await api.ask(subject, "GET");
            if (answer.found) return (answer.body as Raw).metadata.uid;
            refused ??= answer.error;
        } catch (thrown) {
            if (!isBootsourceError(thrown) || thrown.code !== "forbidden") throw thrown;
            refused ??= thrown;
        }
    }
    throw refused ?? new BootsourceError("failed", "cannot tell which cluster this is");
}
