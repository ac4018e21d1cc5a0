// A kubeconfig for the control plane, as text.
import type { Access } from "./api.js";

/** Makes one with a single context, "test"; JSON is YAML. */
export function makeKubeconfig({ url, ca, token }: Access): string {
    const config = {
        apiVersion: "v1",
        kind: "Config",
        "current-context": "test",
        clusters: [
            {
                name: "test",
                cluster: { server: url, "certificate-authority-data": Buffer.from(ca).toString("base64") },
            },
        ],
        users: [{ name: "test", user: { token } }],
        contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    };
    return JSON.stringify(config, undefined, 2);
}
