// Asks web servers, over connections that are used again; idle ones never keep a program alive.
import { errorCode } from "../../file-system-error.js";
import type { Trust } from "../trust.js";
import type { Answered } from "./answer-reader.js";
import type { Connection, HttpQuestion } from "./connection.js";
import { dial, proxyAuthorization, routeTo, type Route } from "./dial.js";

/** Milliseconds for which a connection waits for another question: servers wait for five seconds, and longer. */
const idleFor = 4000;

interface Idle {
    readonly connection: Connection;
    readonly timer: NodeJS.Timeout;
}

const idle = new Map<string, Idle[]>();

/** Asks at an address, and follows nothing. */
export async function ask(url: URL, trust: Trust, question: HttpQuestion): Promise<Answered> {
    const route = routeTo(url, trust);
    const own = { host: url.host, connection: "keep-alive" };
    const asked = { ...question, headers: { ...own, ...question.headers, ...forProxy(route) } };
    const target = route.proxy !== undefined && url.protocol === "http:" ? withoutUser(url) : url.pathname + url.search;
    const key = keyOf(route);
    for (;;) {
        const used = takeIdle(key);
        const connection = used ?? expectBack(await dial(route, question.signal), key);
        try {
            return await connection.ask(target, asked);
        } catch (thrown) {
            connection.close();
            // A server may end an idle connection just when it is asked something: that is no failure of anybody.
            const isStale = used !== undefined && !connection.begun && question.method !== "POST";
            if (!isStale || question.signal.aborted || !/^(?:HTTP_CLOSED|ECONNRESET|EPIPE)$/.test(errorCode(thrown))) {
                throw thrown;
            }
        }
    }
}

/** Connections that were checked are never shared with ones that were not. */
function keyOf({ url, trust, proxy }: Route): string {
    const secure = url.protocol === "https:";
    const { caCertificates, insecureSkipVerify = false } = trust;
    // A proxy takes questions for all servers on one connection, where it sees them.
    const end = proxy !== undefined && !secure ? undefined : url.origin;
    return JSON.stringify([end, secure ? [caCertificates, insecureSkipVerify] : undefined, proxy?.href]);
}

function forProxy({ url, proxy }: Route): Record<string, string> {
    return proxy === undefined || url.protocol === "https:" ? {} : proxyAuthorization(proxy);
}

function withoutUser(url: URL): string {
    return `${url.protocol}//${url.host}${url.pathname}${url.search}`;
}

/** The connection that was used last: the one that its server is least likely to end just now. */
function takeIdle(key: string): Connection | undefined {
    const last = idle.get(key)?.at(-1);
    if (last === undefined) return undefined;
    forget(last.connection, key);
    return last.connection;
}

/** From here on the connection comes back by itself when it is idle, and goes when it is closed. */
function expectBack(connection: Connection, key: string): Connection {
    connection.onClose = () => {
        forget(connection, key);
    };
    connection.onIdle = () => {
        connection.unref();
        const timer = setTimeout(() => {
            connection.close();
        }, idleFor).unref();
        idle.set(key, [...(idle.get(key) ?? []), { connection, timer }]);
    };
    return connection;
}

function forget(connection: Connection, key: string): void {
    const all = idle.get(key) ?? [];
    clearTimeout(all.find((one) => one.connection === connection)?.timer);
    const left = all.filter((one) => one.connection !== connection);
    if (left.length === 0) idle.delete(key);
    else idle.set(key, left);
}
