// The files and arguments of the control plane's servers: certificates, users, the audit log, and who runs with which flags.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCertificates } from "../servers/certificates.js";
import { makeKubeconfig } from "./kubeconfig.js";
import type { Programs } from "./programs.js";
import type { Program } from "./supervisor.js";

/** Who the harness's own parts are to the API server; the audit log tells them apart from who is tested. */
export const parts = ["kube-controller-manager", "cdi", "kubelet", "harness"] as const;

/** What has been settled before anything runs. */
export interface Settings {
    readonly directory: string;
    readonly url: string;
    readonly ca: string;
    /** The certificate for 127.0.0.1 and its key, as files. */
    readonly certFile: string;
    readonly keyFile: string;
    readonly auditLog: string;
    readonly tokens: { readonly admin: string } & Readonly<Record<(typeof parts)[number], string>>;
    readonly etcd: Program;
    readonly apiServer: Program;
    readonly controllerManager: Program;
    /** A kubeconfig of one of the parts, as a file. */
    kubeconfigFile(part: (typeof parts)[number]): string;
}

/** Chooses ports, makes certificates, and writes down what the servers read. */
export async function makeSettings(directory: string, programs: Programs): Promise<Settings> {
    const write = (name: string, text: string): string => {
        const file = join(directory, name);
        writeFileSync(file, text, { mode: 0o600 });
        return file;
    };
    const [clients = 0, peers = 0, secure = 0] = await freePorts(3);
    const url = `https://127.0.0.1:${String(secure)}`;
    const serving = makeCertificates(programs.openssl);
    const proxy = makeCertificates(programs.openssl);
    const certFile = write("server.crt", serving.cert);
    const keyFile = write("server.key", serving.key);
    const caFile = write("ca.crt", serving.ca);
    const accounts = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const accountKey = write("accounts.key", accounts.privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    const accountPublic = write("accounts.pub", accounts.publicKey.export({ type: "spki", format: "pem" }).toString());
    const token = (): string => randomBytes(16).toString("hex");
    const tokens = {
        admin: token(),
        ...Object.fromEntries(parts.map((part) => [part, token()])),
    } as Settings["tokens"];
    const users = Object.entries(tokens).map(([user, secret]) => `${secret},${user},${user},system:masters\n`);
    const kubeconfigFile = (part: (typeof parts)[number]): string =>
        write(`${part}.kubeconfig`, makeKubeconfig({ url, ca: serving.ca, token: tokens[part] }));
    const auditLog = join(directory, "audit.log");
    mkdirSync(join(directory, "etcd"), { mode: 0o700 });
    const env = { PATH: process.env.PATH ?? "", HOME: directory };
    const local = (port: number): string => `http://127.0.0.1:${String(port)}`;
    return {
        directory,
        url,
        ca: serving.ca,
        certFile,
        keyFile,
        auditLog,
        tokens,
        kubeconfigFile,
        etcd: {
            name: "etcd",
            command: join(programs.kubernetes, "server"),
            args: [
                ...["--data-dir", join(directory, "etcd"), "--unsafe-no-fsync", "--log-level", "warn"],
                ...["--listen-client-urls", local(clients), "--advertise-client-urls", local(clients)],
                ...["--listen-peer-urls", local(peers), "--initial-advertise-peer-urls", local(peers)],
                ...["--initial-cluster", `default=${local(peers)}`],
            ],
            env,
        },
        apiServer: {
            name: "kube-apiserver",
            command: join(programs.kubernetes, "kube-apiserver"),
            args: [
                ...["--etcd-servers", local(clients), "--bind-address", "127.0.0.1", "--secure-port", String(secure)],
                ...["--tls-cert-file", certFile, "--tls-private-key-file", keyFile, "--cert-dir", directory],
                ...["--token-auth-file", write("tokens.csv", users.join("")), "--client-ca-file", caFile],
                ...["--authorization-mode", "RBAC", "--endpoint-reconciler-type", "none"],
                ...["--service-account-key-file", accountPublic, "--service-account-signing-key-file", accountKey],
                ...["--service-account-issuer", "https://test.invalid", "--service-cluster-ip-range", "10.0.0.0/24"],
                // Without these the API server would not ask CDI's webhooks, nor would CDI know whom to believe.
                ...["--requestheader-client-ca-file", write("proxy-ca.crt", proxy.ca)],
                ...["--requestheader-allowed-names", "test server"],
                ...["--requestheader-username-headers", "X-Remote-User", "--requestheader-group-headers"],
                ...["X-Remote-Group", "--requestheader-extra-headers-prefix", "X-Remote-Extra-"],
                ...["--proxy-client-cert-file", write("proxy.crt", proxy.cert)],
                ...["--proxy-client-key-file", write("proxy.key", proxy.key)],
                ...["--audit-policy-file", write("audit-policy.json", JSON.stringify(auditPolicy))],
                ...["--audit-log-path", auditLog, "--audit-log-mode", "blocking", "--audit-log-maxsize", "8000"],
            ],
            env,
        },
        controllerManager: {
            name: "kube-controller-manager",
            command: join(programs.kubernetes, "kube-controller-manager"),
            args: [
                ...["--kubeconfig", kubeconfigFile("kube-controller-manager"), "--leader-elect=false"],
                ...["--secure-port=0", "--service-account-private-key-file", accountKey, "--root-ca-file", caFile],
                // What a cluster without nodes has a use for. The others would, for one, evict the pods of a node that sends no sign of life.
                ...["--controllers", controllers.join(","), "--pvclaimbinder-sync-period", "2s"],
                ...["--kube-api-qps", "200", "--kube-api-burst", "400", "--concurrent-gc-syncs", "5"],
            ],
            env,
            keep: true,
        },
    };
}

const controllers = [
    ...[
        "namespace-controller",
        "garbage-collector-controller",
        "serviceaccount-controller",
        "resourcequota-controller",
    ],
    ...["serviceaccount-token-controller", "root-ca-certificate-publisher-controller", "ttl-after-finished-controller"],
    ...["persistentvolume-binder-controller", "persistentvolumeclaim-protection-controller"],
    ...["persistentvolume-protection-controller", "persistentvolume-expander-controller"],
    ...["cronjob-controller", "job-controller", "clusterrole-aggregation-controller"],
];

/** Everything with who and what; what is written to the kinds that we make with its content too, and never a Secret's. */
const auditPolicy = {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [
        { level: "None", resources: [{ group: "coordination.k8s.io" }, { group: "", resources: ["events"] }] },
        {
            level: "Request",
            verbs: ["create", "update", "patch", "delete"],
            resources: [
                { group: "cdi.kubevirt.io" },
                { group: "snapshot.storage.k8s.io" },
                { group: "storage.k8s.io", resources: ["storageclasses"] },
                { group: "hco.kubevirt.io" },
                { group: "", resources: ["persistentvolumeclaims"] },
            ],
        },
        { level: "Metadata" },
    ],
};

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
    const servers = Array.from({ length: count }, () => createServer());
    const ports = await Promise.all(
        servers.map(
            (server) =>
                new Promise<number>((resolve, reject) => {
                    server.once("error", reject);
                    server.listen(0, "127.0.0.1", () => {
                        const address = server.address();
                        resolve(typeof address === "object" && address !== null ? address.port : 0);
                    });
                }),
        ),
    );
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    return ports;
}
