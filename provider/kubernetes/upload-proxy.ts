// Uploads through CDI's proxy: where it is, a token for the claim, and the file sent until it was received whole.
import type { Upload } from "../cluster/upload.js";
import { describeRef } from "../cluster/wait.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError, isBootsourceError, throwIfCancelled } from "../model/errors.js";
import type { CDIConfig, Ref } from "../model/objects.js";
import type { KubernetesApi } from "./api.js";
import { type Delivery, deliver } from "./client.js";
import { type Api, apiOf } from "./subjects.js";
import { type Sending, type Verdict, judgeAnswer, judgeFailure } from "./upload-errors.js";
import { readUpload, sizeOfUpload } from "./upload-file.js";

/** What a stack says of the proxy; everything that it leaves out, CDI's own configuration tells. */
export interface UploadSettings {
    readonly url?: string | undefined;
    /** PEM, beside the system's own. */
    readonly caCertificates?: string | undefined;
    /** Only where it was asked for by name. */
    readonly insecure?: boolean | undefined;
}

/** What the upload is done with. */
export interface UploadTools {
    readonly api: KubernetesApi;
    readonly clock: Clock;
    /** The cluster's, for messages. */
    readonly name: string;
    readonly settings: UploadSettings;
    /** The kubeconfig's: what leads to the API server leads to its neighbours. */
    readonly proxyUrl: string | undefined;
}

/** So often a connection that broke is made anew: the file is then sent from its beginning, as CDI can do no other. */
const cuts = 5;

/** Ends once the file was received whole; what cannot get better is thrown. Time is counted by whoever aborts the signal. */
export async function uploadTo(claim: Ref, upload: Upload, tools: UploadTools): Promise<void> {
    const doing = `cannot upload ${upload.path} to ${describeRef(claim)}`;
    const size = await sizeOfUpload(upload.path);
    const proxy = await findProxy(tools, doing);
    let broken = 0;
    let refused = false;
    for (let attempt = 0; ; attempt++) {
        throwIfCancelled(upload.signal, `upload ${upload.path}`);
        const token = await tokenFor(claim, upload.signal, tools);
        const verdict = await send({ ...proxy, token }, upload, size, doing);
        if (verdict.then === "received") return;
        if (verdict.then === "stop") throw verdict.error;
        if (verdict.then === "wait") upload.waits(verdict.reason);
        else {
            const spent = verdict.then === "login" ? refused : ++broken > cuts;
            if (spent) throw verdict.error;
            refused ||= verdict.then === "login";
            upload.waits(`${verdict.error.message} (it is sent again from the beginning)`);
        }
        await tools.clock.sleep(Math.min(500 * 2 ** attempt, 5_000), upload.signal);
    }
}

type Proxy = Pick<Delivery, "authority" | "insecureSkipVerify" | "proxyUrl"> & { readonly url: string };

/** As virtctl has it: the background way where the proxy knows it, for which nothing has to hold a connection while CDI converts. */
async function send(proxy: Proxy & { token: string }, upload: Upload, size: number, doing: string): Promise<Verdict> {
    const { token, url, ...to } = proxy;
    const { signal } = upload;
    const bearer = { authorization: `Bearer ${token}` };
    let whole = false;
    let thrown: unknown;
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
        try {
            yield* readUpload(upload, size);
            whole = true;
        } catch (error) {
            thrown = error;
            throw error;
        }
    };
    const about = (): Sending => ({ doing, proxy: url, whole });
    try {
        const background = `${url}/v1beta1/upload-async`;
        const probe = await deliver({ ...to, url: background, method: "HEAD", headers: bearer, signal });
        if ([401, 503].includes(probe.status)) return judgeAnswer(probe, about());
        const address = probe.status === 200 ? background : `${url}/v1beta1/upload`;
        const headers = {
            ...bearer,
            "content-type": "application/octet-stream",
            "content-length": String(size),
        };
        return judgeAnswer(
            await deliver({ ...to, url: address, method: "POST", headers, body: bytes(), signal }),
            about(),
        );
    } catch (error) {
        const ours = thrown ?? error;
        if (isBootsourceError(ours)) return { then: "stop", error: ours };
        throwIfCancelled(signal, `upload ${upload.path}`);
        return judgeFailure(error, about());
    }
}

/** By the stack's own word, else by CDI's, which knows an Ingress or a Route. */
async function findProxy({ api, name, settings, proxyUrl }: UploadTools, doing: string): Promise<Proxy> {
    const asked = await api
        .ask({ verb: "get", api: apiOf("CDIConfig"), namespace: undefined, name: "config" }, "GET")
        .catch((thrown: unknown) => {
            // Who names the address need not have the right to look it up.
            if (settings.url !== undefined && isBootsourceError(thrown) && thrown.code === "forbidden")
                return undefined;
            throw thrown;
        });
    const { status = {} } = (asked?.found === true ? asked.body : {}) as Pick<CDIConfig, "status">;
    const found = settings.url ?? (status.uploadProxyURL || undefined);
    if (found === undefined) {
        throw new BootsourceError(
            "not-configured",
            `${doing}: the CDI of ${name} does not say where its upload proxy is; make an Ingress or a Route to the service ` +
                "cdi-uploadproxy, or forward a port to it (kubectl -n cdi port-forward service/cdi-uploadproxy 8443:443), and name " +
                "the address as bootsource:uploadProxyUrl",
        );
    }
    const authorities = [status.uploadProxyCA, settings.caCertificates].filter(
        (pem) => pem !== undefined && pem !== "",
    );
    return {
        url: (/^https?:\/\//.test(found) ? found : `https://${found}`).replace(/\/+$/, ""),
        authority: authorities.length === 0 ? undefined : (authorities as string[]),
        insecureSkipVerify: settings.insecure === true,
        proxyUrl,
    };
}

async function tokenFor({ namespace, name }: Ref, signal: AbortSignal, { api }: UploadTools): Promise<string> {
    const asked = await api.ask({ verb: "create", api: tokens, namespace, name }, "POST", {
        body: {
            apiVersion: tokens.apiVersion,
            kind: tokens.kind,
            metadata: { namespace, name },
            spec: { pvcName: name },
        },
        signal,
    });
    if (!asked.found) throw asked.error;
    return (asked.body as { status?: { token?: string } }).status?.token ?? "";
}

const tokens: Api = {
    kind: "UploadTokenRequest",
    apiVersion: "upload.cdi.kubevirt.io/v1beta1",
    plural: "uploadtokenrequests",
    namespaced: true,
    statusPart: false,
};
