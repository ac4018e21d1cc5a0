// A kubeconfig read: one context of it, as what is needed to ask its cluster. Files that it names stay names until they are needed.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BootsourceError } from "../model/errors.js";

/** How a kubeconfig is named in a stack's configuration. */
export interface KubeconfigChoice {
    /** The text itself, or the path of a file. */
    readonly kubeconfig: string;
    /** Default: the file's own current context. */
    readonly context?: string | undefined;
    readonly resolvePath: (path: string) => string;
}

/** One context of a kubeconfig. */
export interface Target {
    /** The context's name. */
    readonly context: string;
    /** Address of the API server, without a slash at its end. */
    readonly server: string;
    /** The context's namespace, where it names one. */
    readonly namespace: string | undefined;
    readonly insecureSkipVerify: boolean;
    readonly serverName: string | undefined;
    readonly proxyUrl: string | undefined;
    /** PEM of the authority, or the file that holds it. */
    readonly authority: Material | undefined;
    readonly user: User;
}

/** Something that stands in the kubeconfig itself, or in a file. */
export type Material = { readonly data: Buffer } | { readonly file: string };

/** How to show who asks. */
export interface User {
    readonly certificate: Material | undefined;
    readonly key: Material | undefined;
    readonly token: Material | undefined;
    readonly basic: { readonly username: string; readonly password: string } | undefined;
    readonly exec: ExecPlugin | undefined;
    readonly impersonate: string | undefined;
}

/** A program that prints credentials, as `client.authentication.k8s.io` describes it. */
export interface ExecPlugin {
    readonly apiVersion: string;
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly provideClusterInfo: boolean;
    readonly installHint: string | undefined;
}

/** Throws `invalid-argument`: what is wrong with the file or the context is known before anything is asked. */
export async function readKubeconfig(choice: KubeconfigChoice): Promise<Target> {
    const { text, directory } = readText(choice);
    const config = asNode(await parseYaml(text));
    const contexts = named(config, "contexts", "context");
    const name = choice.context || config.text("current-context");
    const known = [...contexts.keys()].join(", ") || "none";
    if (name === undefined) throw unusable(`it has no current-context; set bootsource:context to one of: ${known}`);
    const context = contexts.get(name);
    if (context === undefined) throw unusable(`it has no context "${name}"; the ones there are: ${known}`, "context");
    const cluster = named(config, "clusters", "cluster").get(context.text("cluster") ?? "");
    if (cluster === undefined) throw unusable(`the cluster of its context "${name}" is not in it`);
    const server = cluster.text("server")?.replace(/\/+$/, "");
    if (server === undefined || !/^https?:\/\/[^/]/.test(server)) {
        throw unusable(`the server of its context "${name}" is not an http or https address`);
    }
    const userName = context.text("user");
    const user = userName === undefined ? asNode({}) : named(config, "users", "user").get(userName);
    if (user === undefined) throw unusable(`the user of its context "${name}" is not in it`);
    const file = (path: string): string => resolve(directory, path);
    return {
        context: name,
        server,
        namespace: context.text("namespace"),
        insecureSkipVerify: cluster.text("insecure-skip-tls-verify") === "true",
        serverName: cluster.text("tls-server-name"),
        proxyUrl: cluster.text("proxy-url"),
        authority: materialIn(cluster, "certificate-authority", file),
        user: readUser(user, file),
    };
}

function readText({ kubeconfig, resolvePath }: KubeconfigChoice): { text: string; directory: string } {
    // No path has line breaks, braces or "key: value" in it, and no kubeconfig is without.
    if (/[\n{]|:\s/.test(kubeconfig)) return { text: kubeconfig, directory: resolvePath(".") };
    const path = resolvePath(kubeconfig);
    try {
        return { text: readFileSync(path, "utf8"), directory: dirname(path) };
    } catch (thrown) {
        throw unusable(
            `the file ${path} cannot be read; correct the path, or give the text itself`,
            "kubeconfig",
            thrown,
        );
    }
}

async function parseYaml(text: string): Promise<unknown> {
    const { parseDocument } = await import("yaml");
    // Every value as text: a token of digits is no number.
    const document = parseDocument(text, { schema: "failsafe" });
    const fault = document.errors[0];
    if (fault === undefined) return document.toJS();
    // The parser's own message shows the line, and a line may be a secret.
    const [at] = fault.linePos ?? [];
    throw unusable(`it is not YAML (line ${at?.line ?? "unknown"}: ${fault.code})`);
}

function readUser(user: Node, file: (path: string) => string): User {
    const plugin = user.child("exec");
    const provider = user.child("auth-provider");
    if (plugin === undefined && provider !== undefined && user.text("token") === undefined) {
        const name = provider.text("name") ?? "";
        throw unusable(
            `its user signs in by the auth-provider "${name}", which is not supported; use an exec plugin (for OIDC: ` +
                "kubelogin) or a token",
        );
    }
    const token = user.text("token");
    const tokenFile = user.text("tokenFile");
    const username = user.text("username");
    return {
        certificate: materialIn(user, "client-certificate", file),
        key: materialIn(user, "client-key", file),
        // The file first, as client-go has it: a token beside it is the one of the day that the file was written.
        token:
            tokenFile !== undefined
                ? { file: file(tokenFile) }
                : token === undefined
                  ? undefined
                  : { data: Buffer.from(token) },
        basic: username === undefined ? undefined : { username, password: user.text("password") ?? "" },
        exec: plugin === undefined ? undefined : readPlugin(plugin, file),
        impersonate: user.text("as"),
    };
}

function readPlugin(plugin: Node, file: (path: string) => string): ExecPlugin {
    const command = plugin.text("command");
    if (command === undefined) throw unusable("the exec plugin of its user has no command");
    const env = plugin.list("env").map((one) => [one.text("name") ?? "", one.text("value") ?? ""] as const);
    return {
        apiVersion: plugin.text("apiVersion") ?? "client.authentication.k8s.io/v1",
        // A bare name is looked up on PATH; anything else is relative to the file, as client-go has it.
        command: /[/\\]/.test(command) ? file(command) : command,
        args: plugin.texts("args"),
        env: Object.fromEntries(env),
        provideClusterInfo: plugin.text("provideClusterInfo") === "true",
        installHint: plugin.text("installHint"),
    };
}

function materialIn(node: Node, key: string, file: (path: string) => string): Material | undefined {
    const data = node.text(`${key}-data`);
    if (data !== undefined) return { data: Buffer.from(data, "base64") };
    const path = node.text(key);
    return path === undefined ? undefined : { file: file(path) };
}

/** A map of the file, read with care: anything may stand anywhere. */
interface Node {
    /** A text that is not empty. */
    text(key: string): string | undefined;
    texts(key: string): string[];
    child(key: string): Node | undefined;
    list(key: string): Node[];
}

function asNode(value: unknown): Node {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw unusable("it is not a kubeconfig");
    const map = value as Record<string, unknown>;
    const items = (key: string): unknown[] => (Array.isArray(map[key]) ? (map[key] as unknown[]) : []);
    const isMap = (item: unknown): boolean => typeof item === "object" && item !== null && !Array.isArray(item);
    return {
        text: (key) => (typeof map[key] === "string" && map[key] !== "" ? map[key] : undefined),
        texts: (key) => items(key).filter((item) => typeof item === "string"),
        child: (key) => (isMap(map[key]) ? asNode(map[key]) : undefined),
        list: (key) => items(key).filter(isMap).map(asNode),
    };
}

function named(config: Node, key: string, part: string): Map<string, Node> {
    const entries = config.list(key).map((entry) => [entry.text("name") ?? "", entry.child(part)] as const);
    return new Map(entries.filter((entry): entry is [string, Node] => entry[1] !== undefined));
}

function unusable(why: string, key = "kubeconfig", cause?: unknown): BootsourceError {
    return new BootsourceError(
        "invalid-argument",
        `cannot use bootsource:${key}: ${key === "context" ? why.replace(/^it has/, "the kubeconfig has") : why}`,
        {
            cause,
        },
    );
}
