// Between a client and a real API server: passes everything on, and misbehaves when a test says so.
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import type { ControlPlane } from "../control-plane/control-plane.js";
import { kubeconfigText } from "./scripted-api.js";

/** A request as it arrives. */
export interface Arrived {
    /** From 1, since the count was last taken back. */
    readonly number: number;
    readonly method: string;
    readonly path: string;
    readonly watch: boolean;
    readonly token: string | undefined;
}

/** What becomes of it: passed on, answered in the server's place, or cut before or after the server has done it. */
export type Fate =
    | "pass"
    | "cut before"
    | "cut after"
    | { readonly status: number; readonly reason: string; readonly headers?: Record<string, string> };

/** The go-between. */
export interface UnrulyApi {
    readonly url: string;
    /** Leads here, as the administrator or with another way to log in. */
    kubeconfig(user?: object): string;
    /** Decides from now on; everything passes where nobody does. The count begins anew. */
    decide(fate?: (request: Arrived) => Fate | Promise<Fate>): void;
    /** Breaks every connection that is open, watches above all. */
    cut(): void;
    close(): Promise<void>;
}

/** Starts one on a free port of the loopback interface. */
export async function startUnrulyApi(plane: ControlPlane): Promise<UnrulyApi> {
    const agent = new Agent({ ca: plane.ca, keepAlive: true });
    let decide: (request: Arrived) => Fate | Promise<Fate> = () => "pass";
    let count = 0;
    const handle = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
        const path = asked.url ?? "/";
        const token = asked.headers.authorization?.replace(/^Bearer /, "");
        const watch = /[?&]watch=/.test(path);
        const fate = await decide({ number: ++count, method: asked.method ?? "", path, watch, token });
        if (fate === "cut before") asked.socket.destroy();
        else if (typeof fate === "object") refuse(response, fate);
        else pass(asked, response, fate === "cut after");
    };
    const pass = (asked: IncomingMessage, response: ServerResponse, loses: boolean): void => {
        const headers = { ...asked.headers, host: new URL(plane.url).host };
        const onward = request(plane.url + (asked.url ?? "/"), { method: asked.method, headers, agent }, (answer) => {
            if (loses) {
                answer.resume();
                asked.socket.destroy();
                return;
            }
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            // A watch that has nothing to tell is open all the same.
            response.flushHeaders();
            answer.pipe(response);
            answer.on("error", () => response.destroy());
        });
        onward.on("error", () => asked.socket.destroy());
        response.on("close", () => onward.destroy());
        asked.pipe(onward);
    };
    const server = createServer((asked, response) => void handle(asked, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
        url,
        kubeconfig: (user = { token: plane.adminToken }) => kubeconfigText({ server: url }, user),
        decide(fate = () => "pass") {
            count = 0;
            decide = fate;
        },
        cut: () => {
            server.closeAllConnections();
        },
        async close() {
            server.closeAllConnections();
            agent.destroy();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}

function refuse(response: ServerResponse, { status, reason, headers = {} }: Exclude<Fate, string>): void {
    const body = { kind: "Status", apiVersion: "v1", status: "Failure", code: status, reason, message: reason };
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
