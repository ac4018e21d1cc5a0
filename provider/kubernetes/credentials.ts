// Who asks: the headers and certificates of a kubeconfig's user, read anew when a file may have changed or a token has run out.
import { readFileSync } from "node:fs";
import { BootsourceError } from "../model/errors.js";
import { type PluginCredentials, runPlugin } from "./exec-plugin.js";
import type { Material, Target } from "./kubeconfig.js";

/** What a request carries. */
export interface Credentials {
    readonly headers: Readonly<Record<string, string>>;
    readonly certificate: string | Buffer | undefined;
    readonly key: string | Buffer | undefined;
    readonly authority: Buffer | undefined;
}

/** How long a file's content counts: tokens in pods are renewed in place. */
const freshness = 60_000;
/** A plugin's credentials are renewed this long before they run out. */
const margin = 10_000;

/** The credentials of one target. */
export class Authenticator {
    readonly #target: Target;
    readonly #now: () => number;
    #current: { readonly credentials: Promise<Credentials>; readonly until: () => number } | undefined;

    constructor(target: Target, now: () => number) {
        this.#target = target;
        this.#now = now;
    }

    /** Read once for all who ask at the same time. */
    credentials(): Promise<Credentials> {
        if (this.#current === undefined || this.#now() >= this.#current.until()) {
            let until = this.#now() + freshness;
            const plugin = this.#target.user.exec;
            const read = async (): Promise<Credentials> => {
                const answer = plugin === undefined ? undefined : await runPlugin(plugin, this.#target);
                if (answer !== undefined) until = answer.expires === undefined ? Infinity : answer.expires - margin;
                return toCredentials(this.#target, answer);
            };
            // A plugin that takes long is still the one to wait for.
            if (plugin !== undefined) until = Infinity;
            this.#current = { credentials: read(), until: () => until };
            this.#current.credentials.catch(() => {
                this.#current = undefined;
            });
        }
        return this.#current.credentials;
    }

    /** The server refused them: the next request reads them anew. */
    refused(credentials: Promise<Credentials>): void {
        if (this.#current?.credentials === credentials) this.#current = undefined;
    }
}

function toCredentials({ user, authority }: Target, answer: PluginCredentials | undefined): Credentials {
    const token = answer?.token ?? textOf(user.token, "token");
    const { basic, impersonate } = user;
    const authorization =
        token !== undefined
            ? `Bearer ${token}`
            : basic && `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString("base64")}`;
    return {
        headers: {
            ...(authorization === undefined ? {} : { authorization }),
            ...(impersonate === undefined ? {} : { "impersonate-user": impersonate }),
        },
        certificate: answer?.certificate ?? contentOf(user.certificate, "client certificate"),
        key: answer?.key ?? contentOf(user.key, "client key"),
        authority: contentOf(authority, "certificate authority"),
    };
}

function textOf(material: Material | undefined, what: string): string | undefined {
    return contentOf(material, what)?.toString("utf8").trim();
}

function contentOf(material: Material | undefined, what: string): Buffer | undefined {
    if (material === undefined || "data" in material) return material?.data;
    try {
        return readFileSync(material.file);
    } catch (thrown) {
        throw new BootsourceError(
            "invalid-argument",
            `cannot sign in to the cluster: the kubeconfig's ${what} ${material.file} cannot be read; correct the path`,
            { cause: thrown },
        );
    }
}
