// Which room of the house may import which, and which vendor belongs into which room; and the check of a tree against that.
import * as path from "node:path";
import ts from "typescript";

/** A tree of sources: path with slashes, relative to the clone, to text. */
export type Tree = ReadonlyMap<string, string>;

/** Answers one sentence per import that goes the wrong way. */
export function findWrongImports(tree: Tree): string[] {
    return [...tree].flatMap(([file, text]) =>
        ts
            .preProcessFile(text, true, true)
            .importedFiles.map(({ fileName }) => judge(file, fileName))
            .filter((verdict) => verdict !== undefined),
    );
}

/** What each room may import beside itself and the model; CONTRIBUTING.md tells what the rooms are for. */
const allowed: Readonly<Record<string, readonly string[]>> = {
    components: ["dynamic"],
    dynamic: ["lifecycle"],
    plugin: ["lifecycle"],
    lifecycle: ["resources", "connect", "cluster", "rules"],
    resources: ["cluster", "rules"],
    cli: ["connect", "importer", "cluster", "rules"],
    connect: ["embedded", "kubernetes", "importer", "cluster"],
    embedded: ["controllers", "importer", "cluster", "rules"],
    kubernetes: ["controllers", "cluster", "rules"],
    controllers: ["cluster", "rules"],
    importer: [],
    rules: [],
    cluster: ["rules"],
    model: [],
};

/** One vendor, one room. What no line names may be imported anywhere (`node:fs`), or is not a dependency (another test). */
const vendors: readonly { readonly module: RegExp; readonly room: RegExp; readonly means: string }[] = [
    // An optional peer: who makes no machines never needs it.
    {
        module: /^@pulumi\/kubernetes(\/|$)/,
        room: /^components\/virtual-machine-sdk\.ts$/,
        means: "Pulumi's Kubernetes SDK",
    },
    { module: /^@pulumi\//, room: /^(components|provider\/dynamic|provider\/plugin)\//, means: "Pulumi's SDK" },
    { module: /^node:sqlite$/, room: /^provider\/embedded\/(store|sqlite|lock)\.ts$/, means: "SQL" },
    {
        module: /^(undici|(node:)?(http|https|http2|net|tls|dgram))$/,
        // The agent's endpoint is the one place that listens.
        room: /^provider\/(importer\/sources\/|kubernetes\/client\.ts|cli\/agent\/endpoint\.ts)/,
        means: "sockets",
    },
    {
        module: /^(@aws-sdk\/|@smithy\/|google-auth-library$)/,
        room: /^provider\/importer\/sources\//,
        means: "the clients of cloud vendors",
    },
    { module: /^zod(\/|$)/, room: /^provider\/(resources|model)\//, means: "the checker of arguments" },
    { module: /^cron-parser$/, room: /^provider\/model\/schedule\.ts$/, means: "the reader of schedules" },
    // To ask who has a disk open, where the system has no /proc; and for credentials, where a kubeconfig names a program for them.
    {
        module: /^(node:)?child_process$/,
        room: /^provider\/(embedded\/users|kubernetes\/exec-plugin)\.ts$/,
        means: "other programs",
    },
    { module: /^yaml$/, room: /^provider\/kubernetes\/kubeconfig\.ts$/, means: "the reader of YAML" },
];

function judge(file: string, module: string): string | undefined {
    if (!module.startsWith(".")) {
        const vendor = vendors.find((one) => one.module.test(module));
        if (vendor === undefined || vendor.room.test(file)) return undefined;
        return `${file} imports ${module}, but ${vendor.means} must not be used there`;
    }
    const from = roomOf(file);
    const to = roomOf(path.posix.join(path.posix.dirname(file), module));
    if (from === to || to === "model" || allowed[from]?.includes(to) === true) return undefined;
    return `${file} imports ${module}, but ${from} must not import ${to}`;
}

/** The room of a file: `components`, or the folder (or the file's own name) under `provider`. */
function roomOf(file: string): string {
    const [top = "", second = ""] = file.split("/");
    return top === "provider" ? second.replace(/\.[jt]s$/, "") : top;
}
