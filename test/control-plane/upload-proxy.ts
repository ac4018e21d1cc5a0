// CDI's upload proxy, played: it knows CDI's own tokens, and hands what it is sent to the upload server of the claim.
import { constants, createPublicKey, verify } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Api, KubeObject } from "./api.js";
import { cdiNamespace } from "./cdi.js";
import { uploadTo } from "./clone-pods.js";
import { until } from "./until.js";

/** What a refusal is answered with. */
class Refusal extends Error {
    constructor(
        readonly status: number,
        message: string,
    ) {
        super(message);
    }
}

/** Starts it, and answers its address, "127.0.0.1:port"; it ends with the signal. */
export async function startUploadProxy(
    api: Api,
    tls: { readonly key: string; readonly cert: string },
    signal: AbortSignal,
): Promise<string> {
    const server = createServer(tls, (request, response) => void answer(api, request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    signal.addEventListener("abort", () => {
        server.close();
        server.closeAllConnections();
    });
    return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function answer(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
        const known = ["/v1beta1/upload", "/v1beta1/upload-async"].includes(request.url ?? "");
        if (!known || (request.method !== "POST" && request.method !== "HEAD")) throw new Refusal(404, "");
        const { namespace, name } = await claimOf(api, request.headers.authorization);
        const claim = await filledClaim(api, namespace, name);
        const annotations = (claim.metadata.annotations ?? {}) as Record<string, string>;
        if (annotations["cdi.kubevirt.io/storage.pod.phase"] === "Succeeded") {
            throw new Refusal(503, `rejecting Upload Request for PVC ${name} that already finished uploading`);
        }
        if (request.method === "HEAD") {
            response.writeHead(200).end();
            return;
        }
        const archive = annotations["cdi.kubevirt.io/storage.contentType"] === "archive";
        const failed = await uploadTo(namespace, claim.metadata.name, request, archive);
        if (failed === "not ready") throw new Refusal(503, `the upload server of PVC ${name} is not ready`);
        if (failed !== undefined) throw new Refusal(400, `Saving stream failed: ${failed}`);
        response.writeHead(200).end();
    } catch (thrown) {
        // What is left of the image is not read.
        response.writeHead(thrown instanceof Refusal ? thrown.status : 500, { connection: "close" });
        response.end(thrown instanceof Error ? thrown.message : String(thrown));
    }
}

/** The claim that a token is for, as CDI's API server signed it. */
async function claimOf(api: Api, header: string | undefined): Promise<{ namespace: string; name: string }> {
    const [, token] = /^Bearer (\S+)$/.exec(header ?? "") ?? [];
    if (token === undefined) throw new Refusal(400, "");
    const [head = "", body = "", signature = ""] = token.split(".");
    const { data } = await api.get(`/api/v1/namespaces/${cdiNamespace}/secrets/cdi-api-signing-key`);
    const key = {
        key: createPublicKey(Buffer.from((data as Record<string, string>)["id_rsa.pub"] ?? "", "base64")),
        padding: constants.RSA_PKCS1_PSS_PADDING,
    };
    const signed = verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
    if (!signed) throw new Refusal(401, "");
    const payload = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as Record<string, unknown>;
    const { exp, operation, namespace, name } = payload;
    if (Number(exp) * 1000 < Date.now()) throw new Refusal(401, "");
    if (operation !== "Upload") throw new Refusal(400, "");
    return { namespace: String(namespace), name: String(name) };
}

/** The claim that is really filled: a populator's stands beside the one that was asked for. */
async function filledClaim(api: Api, namespace: string, name: string): Promise<KubeObject> {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
    const claim = await api.find(`${path}/${name}`);
    if (claim === undefined) throw new Refusal(503, `rejecting Upload Request for PVC ${name} that doesn't exist`);
    const { dataSourceRef, volumeName } = claim.spec as { dataSourceRef?: { kind: string }; volumeName?: string };
    if (dataSourceRef?.kind !== "VolumeUploadSource" || volumeName !== undefined) return claim;
    const prime = `${path}/prime-${claim.metadata.uid ?? ""}`;
    return until(`the claim ${prime} is there`, () => api.find(prime), { seconds: 10 }).catch(() => {
        throw new Refusal(503, `the upload server of PVC ${name} is not ready`);
    });
}
