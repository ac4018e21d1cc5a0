// The real CDI on the control plane: its API server with the webhooks, its controller, and what CDI's operator would have made for them.
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Api } from "./api.js";
import type { Processes } from "./processes.js";
import type { Programs } from "./programs.js";
import { freePorts, type Settings } from "./settings.js";
import { until } from "./until.js";

const podNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** CDI's own namespace; CDI itself takes the pod's where the tests run in a pod. */
export const cdiNamespace = existsSync(podNamespace) ? readFileSync(podNamespace, "utf8").trim() : "cdi";

/** Starts both programs, and waits until the webhooks answer and the controller has made its configuration. */
export async function startCdi(processes: Processes, settings: Settings, programs: Programs, api: Api): Promise<void> {
    const at = (name: string): string => join(settings.directory, name);
    const write = (name: string, text: string): string => {
        writeFileSync(at(name), text, { mode: 0o600 });
        return at(name);
    };
    await makeObjects(api, settings.ca);
    const [port = 0] = await freePorts(1);
    const kubeconfig = settings.kubeconfigFile("cdi");
    const env = { PATH: process.env.PATH ?? "", HOME: settings.directory, KUBECONFIG: kubeconfig };
    const tokens = generateKeyPairSync("rsa", { modulusLength: 2048 });
    // Whoever signs the certificates of upload servers and of the clients that clone; CDI wants RSA.
    const [signerKey, signerCert] = [at("signer.key"), at("signer.crt")];
    const subject = ["-subj", "/CN=test signer", "-days", "2"];
    const signer = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", signerKey, "-out", signerCert];
    await promisify(execFile)(programs.openssl, [...signer, ...subject]);
    await processes.start({
        name: "cdi-apiserver",
        command: join(programs.cdi, "cdi-apiserver"),
        args: ["-kubeconfig", kubeconfig],
        env: { ...env, CERT_FILE: settings.certFile, KEY_FILE: settings.keyFile, CDI_APISERVER_PORT: String(port) },
    });
    await processes.start({
        name: "cdi-controller",
        command: join(programs.cdi, "cdi-controller"),
        args: ["-kubeconfig", kubeconfig],
        env: {
            ...env,
            // No image is ever pulled: the tests play the kubelet, and know the pods by these names.
            IMPORTER_IMAGE: "cdi-importer",
            CLONER_IMAGE: "cdi-cloner",
            UPLOADSERVER_IMAGE: "cdi-uploadserver",
            OVIRT_POPULATOR_IMAGE: "ovirt-populator",
            UPLOADPROXY_SERVICE: "cdi-uploadproxy",
            PULL_POLICY: "IfNotPresent",
            UPLOAD_SERVER_KEY_FILE: signerKey,
            UPLOAD_SERVER_CERT_FILE: signerCert,
            UPLOAD_CLIENT_KEY_FILE: signerKey,
            UPLOAD_CLIENT_CERT_FILE: signerCert,
            CDI_METRICS_ADDRESS: "127.0.0.1:0",
            CDI_READY_FILE: at("cdi-controller.ready"),
            CDI_TOKEN_PRIVATE_KEY: write(
                "tokens.key",
                tokens.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
            ),
            CDI_TOKEN_PUBLIC_KEY: write(
                "tokens.pub",
                tokens.publicKey.export({ type: "spki", format: "pem" }).toString(),
            ),
        },
        keep: true,
    });
    await makeWebhooks(api, settings.ca, port);
    await makeUploadApi(api, port);
    await until("CDI's webhooks answer", async () => {
        processes.check("cdi-apiserver");
        const probe = {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataVolume",
            metadata: { name: "probe" },
            spec: {},
        };
        const path = "/apis/cdi.kubevirt.io/v1beta1/namespaces/default/datavolumes?dryRun=All";
        const refusal = await api.create(path, probe).catch((thrown: unknown) => String(thrown));
        return typeof refusal === "string" && refusal.includes("Missing Data volume");
    });
    await until("CDI's controller has made its configuration", async () => {
        const config = await api.find("/apis/cdi.kubevirt.io/v1beta1/cdiconfigs/config");
        const spec = (config?.spec ?? {}) as { featureGates?: readonly string[] };
        return spec.featureGates?.includes("HonorWaitForFirstConsumer");
    });
}

/** Lets CDI speak plain http with a registry, as an administrator does by CDI's configuration; answers how to take that back. */
export async function allowInsecure(api: Api, host: string): Promise<() => Promise<void>> {
    const change = async (next: (hosts: readonly string[]) => readonly string[]): Promise<void> => {
        const { spec } = await api.get("/apis/cdi.kubevirt.io/v1beta1/cdis/cdi");
        const { insecureRegistries = [] } = (spec as { config: { insecureRegistries?: readonly string[] } }).config;
        const config = { insecureRegistries: next(insecureRegistries) };
        await api.patch("/apis/cdi.kubevirt.io/v1beta1/cdis/cdi", { spec: { config } });
    };
    await change((hosts) => [...hosts, host]);
    await until(`CDI takes ${host} for insecure`, async () => {
        const { spec } = await api.get("/apis/cdi.kubevirt.io/v1beta1/cdiconfigs/config");
        return (spec as { insecureRegistries?: readonly string[] }).insecureRegistries?.includes(host);
    });
    return () => change((hosts) => hosts.filter((one) => one !== host));
}

/** Tells CDI where its upload proxy is, as an administrator does. */
export async function announceUploadProxy(api: Api, address: string): Promise<void> {
    const config = { uploadProxyURLOverride: address };
    await api.patch("/apis/cdi.kubevirt.io/v1beta1/cdis/cdi", { spec: { config } });
}

/** What the operator makes: the namespace, the bundles of the signers, the pollers' account, and the CDI object as CDI's release ships it. */
async function makeObjects(api: Api, ca: string): Promise<void> {
    await api.create("/api/v1/namespaces", { metadata: { name: cdiNamespace } });
    for (const name of ["cdi-uploadserver-signer-bundle", "cdi-uploadserver-client-signer-bundle"]) {
        const bundle = { metadata: { name }, data: { "ca-bundle.crt": ca } };
        await api.create(`/api/v1/namespaces/${cdiNamespace}/configmaps`, bundle);
    }
    await api.create(`/api/v1/namespaces/${cdiNamespace}/serviceaccounts`, { metadata: { name: "cdi-cronjob" } });
    const condition = (type: string, status: string): object => ({ type, status, reason: "DeployCompleted" });
    await api.create("/apis/cdi.kubevirt.io/v1beta1/cdis", {
        apiVersion: "cdi.kubevirt.io/v1beta1",
        kind: "CDI",
        // The operator's mark: CDIConfig takes its spec from here.
        metadata: { name: "cdi", annotations: { "cdi.kubevirt.io/configAuthority": "" } },
        spec: {
            config: { featureGates: ["HonorWaitForFirstConsumer"] },
            imagePullPolicy: "IfNotPresent",
            infra: { nodeSelector: { "kubernetes.io/os": "linux" } },
            workload: { nodeSelector: { "kubernetes.io/os": "linux" } },
        },
        status: {
            phase: "Deployed",
            ...{ observedVersion: "v1.65.0", operatorVersion: "v1.65.0", targetVersion: "v1.65.0" },
            conditions: [
                condition("Available", "True"),
                condition("Progressing", "False"),
                condition("Degraded", "False"),
            ],
        },
    });
}

/** Registers the webhooks as the operator does, but for the address: here CDI has no Service in front of it. */
async function makeWebhooks(api: Api, ca: string, port: number): Promise<void> {
    const register = (
        kind: "validating" | "mutating",
        name: string,
        hook: string,
        path: string,
        rule: Rule,
    ): Promise<unknown> =>
        api.create(`/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`, {
            metadata: { name, labels: { "cdi.kubevirt.io": "cdi-api" } },
            webhooks: [
                {
                    name: `${hook}.cdi.kubevirt.io`,
                    rules: [{ apiGroups: ["cdi.kubevirt.io"], apiVersions: ["v1beta1"], scope: "*", ...rule }],
                    clientConfig: {
                        url: `https://127.0.0.1:${String(port)}${path}`,
                        caBundle: Buffer.from(ca).toString("base64"),
                    },
                    failurePolicy: hook === "cdi-validate" ? "Ignore" : "Fail",
                    sideEffects: "None",
                    matchPolicy: "Exact",
                    timeoutSeconds: 30,
                    admissionReviewVersions: ["v1", "v1beta1"],
                },
            ],
        });
    const written = (...resources: string[]): Rule => ({ operations: ["CREATE", "UPDATE"], resources });
    const validate = (name: string, hook: string, path: string, rule: Rule): Promise<unknown> =>
        register("validating", name, hook, path, rule);
    await Promise.all([
        validate("cdi-api-datavolume-validate", "datavolume-validate", "/datavolume-validate", written("datavolumes")),
        validate(
            "cdi-api-dataimportcron-validate",
            "dataimportcron-validate",
            "/dataimportcron-validate",
            written("dataimportcrons"),
        ),
        validate(
            "cdi-api-populator-validate",
            "populator-validate",
            "/populator-validate",
            written("volumeimportsources", "volumeuploadsources"),
        ),
        validate(
            "objecttransfer-api-validate",
            "objecttransfer-validate",
            "/objecttransfer-validate",
            written("objecttransfers"),
        ),
        validate("cdi-api-validate", "cdi-validate", "/cdi-validate", { operations: ["DELETE"], resources: ["cdis"] }),
        register(
            "mutating",
            "cdi-api-datavolume-mutate",
            "datavolume-mutate",
            "/datavolume-mutate",
            written("datavolumes"),
        ),
    ]);
}

/** The API of upload tokens, which CDI serves behind the API server's own address. */
async function makeUploadApi(api: Api, port: number): Promise<void> {
    await api.create(`/api/v1/namespaces/${cdiNamespace}/services`, {
        metadata: { name: "cdi-api" },
        spec: { type: "ExternalName", externalName: "127.0.0.1" },
    });
    await api.create("/apis/apiregistration.k8s.io/v1/apiservices", {
        metadata: { name: "v1beta1.upload.cdi.kubevirt.io" },
        spec: {
            ...{ group: "upload.cdi.kubevirt.io", version: "v1beta1", groupPriorityMinimum: 1000, versionPriority: 15 },
            service: { namespace: cdiNamespace, name: "cdi-api", port },
            // The certificate is for the address, not for the Service's name.
            insecureSkipTLSVerify: true,
        },
    });
}

interface Rule {
    readonly operations: readonly string[];
    readonly resources: readonly string[];
}
