// A small client of the Kubernetes API for the harness and its tests, so that they look at objects by another path than our own client.
import { Agent, request } from "node:https";

/** An object as the API serves it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever a kind holds; a test that reads a field knows it
export type KubeObject = Record<string, any> & {
    readonly metadata: { name: string; namespace?: string; uid?: string; resourceVersion?: string } & Record<
        string,
        // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
        any
    >;
};

/** What the API answered where it is no success. */
export class ApiError extends Error {
    constructor(
        readonly status: number,
        /** The server's own words. */
        readonly reason: string,
        readonly body: Readonly<Record<string, unknown>>,
    ) {
        super(`${String(status)}: ${reason}`);
    }
}

/** One user's way to the API. Paths begin with "/api/v1" or "/apis/". */
export interface Api {
    get(path: string): Promise<KubeObject>;
    /** Undefined where there is none. */
    find(path: string): Promise<KubeObject | undefined>;
    list(path: string): Promise<KubeObject[]>;
    create(path: string, object: object): Promise<KubeObject>;
    replace(path: string, object: object): Promise<KubeObject>;
    /** A merge patch. */
    patch(path: string, change: object): Promise<KubeObject>;
    /** Server-side apply of a text of YAML. */
    apply(path: string, yaml: string): Promise<KubeObject>;
    /** Deletes in the background, with a uid that very object alone; deleting nothing succeeds. */
    remove(
        path: string,
        only?: {
            readonly uid?: string | undefined;
            readonly gracePeriodSeconds?: number;
            /** What becomes of what it owns. Default: it goes too. */
            readonly propagationPolicy?: "Background" | "Orphan";
        },
    ): Promise<void>;
    /** Whatever a path answers, as text. */
    text(path: string): Promise<string>;
    /** Hands on each line of an answer that goes on, until it ends or the signal is aborted. */
    stream(path: string, line: (line: string) => void, signal: AbortSignal): Promise<void>;
    close(): void;
}

/** Where the API is, and who asks. */
export interface Access {
    readonly url: string;
    readonly ca: string;
    readonly token: string;
    readonly userAgent?: string;
    /** Asks again where the API server is away, as every part of a cluster does. */
    readonly patient?: boolean;
}

/** Makes a client. */
export function makeApi({ url, ca, token, userAgent = "test-harness", patient = false }: Access): Api {
    const agent = new Agent({ ca, keepAlive: true });
    let isClosed = false;
    const ask = (method: string, path: string, body?: string, type = "application/json"): Promise<string> =>
        new Promise((resolve, reject) => {
            const headers: Record<string, string> = {
                Authorization: `Bearer ${token}`,
                "User-Agent": userAgent,
                ...(body === undefined
                    ? {}
                    : { "Content-Type": type, "Content-Length": String(Buffer.byteLength(body)) }),
            };
            const sent = request(`${url}${path}`, { method, headers, agent }, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("error", reject);
                response.on("end", () => {
                    const text = Buffer.concat(chunks).toString("utf8");
                    const status = response.statusCode ?? 0;
                    if (status < 300) resolve(text);
                    else reject(toError(status, text));
                });
            });
            sent.on("error", reject);
            sent.end(body);
        });
    const send = async (...question: Parameters<typeof ask>): Promise<string> => {
        for (;;) {
            try {
                return await ask(...question);
            } catch (thrown) {
                // Who waits for a server that was stopped for good would keep its process for ever.
                if (!patient || isClosed || !isAway(thrown, question[0])) throw thrown;
                await new Promise((resolve) => setTimeout(resolve, 200));
            }
        }
    };
    const object = async (...args: Parameters<typeof send>): Promise<KubeObject> =>
        JSON.parse(await send(...args)) as KubeObject;
    return {
        get: (path) => object("GET", path),
        find: (path) => object("GET", path).catch(unlessMissing),
        list: async (path) => ((await object("GET", path)).items ?? []) as KubeObject[],
        create: (path, made) => object("POST", path, JSON.stringify(made)),
        replace: (path, made) => object("PUT", path, JSON.stringify(made)),
        patch: (path, change) => object("PATCH", path, JSON.stringify(change), "application/merge-patch+json"),
        apply: (path, yaml) =>
            object("PATCH", `${path}?fieldManager=test&force=true`, yaml, "application/apply-patch+yaml"),
        remove: async (path, only = {}) => {
            const { uid, ...more } = only;
            const options = { propagationPolicy: "Background", ...more, ...(uid ? { preconditions: { uid } } : {}) };
            await object("DELETE", path, JSON.stringify(options)).catch(unlessMissing);
        },
        text: (path) => send("GET", path),
        stream: (path, line, signal) =>
            new Promise((resolve, reject) => {
                const headers = { Authorization: `Bearer ${token}`, "User-Agent": userAgent };
                const sent = request(`${url}${path}`, { headers, agent, signal }, (response) => {
                    if (response.statusCode !== 200) {
                        reject(new ApiError(response.statusCode ?? 0, "the watch was refused", {}));
                        response.resume();
                        return;
                    }
                    let rest = "";
                    response.setEncoding("utf8").on("data", (text: string) => {
                        const lines = (rest + text).split("\n");
                        rest = lines.pop() ?? "";
                        lines.forEach(line);
                    });
                    response.once("error", reject).once("end", resolve);
                });
                sent.on("error", reject);
                sent.end();
            }),
        close: () => {
            isClosed = true;
            agent.destroy();
        },
    };
}

function toError(status: number, text: string): ApiError {
    try {
        const body = JSON.parse(text) as Record<string, unknown>;
        return new ApiError(status, typeof body.message === "string" ? body.message : text, body);
    } catch {
        return new ApiError(status, text, {});
    }
}

/** Nobody listens, or the connection broke on a question that may be asked twice. */
function isAway(thrown: unknown, method: string): boolean {
    const { code } = thrown as { code?: string };
    return code === "ECONNREFUSED" || (method !== "POST" && (code === "ECONNRESET" || code === "EPIPE"));
}

function unlessMissing(thrown: unknown): undefined {
    if (thrown instanceof ApiError && thrown.status === 404) return undefined;
    throw thrown;
}
