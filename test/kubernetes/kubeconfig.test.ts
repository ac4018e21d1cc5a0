// What is wrong with a kubeconfig is known before anything is asked, and said without a word of what is secret in it.
import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type Target, readKubeconfig } from "../../provider/kubernetes/kubeconfig.js";
import { isBootsourceError } from "../../provider/model/errors.js";

const two = `
apiVersion: v1
kind: Config
current-context: east
contexts:
- {name: east, context: {cluster: one, user: me, namespace: images}}
- {name: west, context: {cluster: two, user: me}}
- {name: lost, context: {cluster: none, user: me}}
clusters:
- name: one
  cluster: {server: "https://10.0.0.1:6443/", certificate-authority: pki/ca.crt}
- name: two
  cluster: {server: https://west, insecure-skip-tls-verify: true}
users:
- {name: me, user: {token: 0123456789, client-certificate: me.crt}}
`;

describe("a kubeconfig", () => {
    const read = (kubeconfig: string, context?: string): Promise<Target> =>
        readKubeconfig({ kubeconfig, context, resolvePath: (name) => path.resolve("/project", name) });

    it("gives its current context, or the one that is named", async () => {
        const { context, server, namespace, user } = await read(two);
        assert.deepEqual([context, server, namespace], ["east", "https://10.0.0.1:6443", "images"]);
        assert.deepEqual(user.token, { data: Buffer.from("0123456789") }, "a token of digits is a text");
        const west = await read(two, "west");
        assert.deepEqual([west.server, west.namespace, west.insecureSkipVerify], ["https://west", undefined, true]);
    });

    it("may be text, JSON or a path, and its files lie beside it", async () => {
        const directory = mkdtempSync(path.join(tmpdir(), "bootsource-kubeconfig-"));
        try {
            mkdirSync(path.join(directory, "pki"));
            const file = path.join(directory, "config");
            writeFileSync(file, two);
            assert.deepEqual((await read(file)).authority, { file: path.join(directory, "pki", "ca.crt") });
            assert.deepEqual((await read(file)).user.certificate, { file: path.join(directory, "me.crt") });
        } finally {
            rmSync(directory, { recursive: true });
        }
        assert.deepEqual((await read(two)).authority, { file: path.resolve("/project/pki/ca.crt") });
        const json = JSON.stringify({
            contexts: [{ name: "a", context: { cluster: "a" } }],
            clusters: [{ name: "a", cluster: { server: "http://a" } }],
        });
        assert.equal((await read(json, "a")).server, "http://a");
    });

    const user = (fields: string): string => two.replace("token: 0123456789,", fields);
    const cases: { reason: string; kubeconfig: string; context?: string; says: RegExp }[] = [
        {
            reason: "a context that is not there: the ones there are",
            kubeconfig: two,
            context: "north",
            says: /bootsource:context: the kubeconfig has no context "north"; the ones there are: east, west, lost$/,
        },
        {
            reason: "no current context",
            kubeconfig: two.replace("current-context: east", ""),
            says: /no current-context; set bootsource:context to one of: east, west, lost/,
        },
        {
            reason: "a context without its cluster",
            kubeconfig: two,
            context: "lost",
            says: /the cluster of its context "lost" is not in it/,
        },
        {
            reason: "a file that is not there",
            kubeconfig: "no/such/file",
            says: /the file .*no.such.file cannot be read/,
        },
        {
            reason: "what is no YAML",
            kubeconfig: "users:\n- token: 's3cret\n",
            says: /it is not YAML \(line \d+: [A-Z_]+\)$/,
        },
        { reason: "YAML that is no kubeconfig", kubeconfig: "- s3cret\n- list\n", says: /it is not a kubeconfig/ },
        {
            reason: "a server that is no address",
            kubeconfig: two.replace("https://10.0.0.1:6443/", "10.0.0.1"),
            says: /server of its context "east" is not an http or https address/,
        },
        {
            reason: "a way to sign in that nobody knows any more",
            kubeconfig: user("auth-provider: {name: oidc},"),
            says: /auth-provider "oidc".*kubelogin/,
        },
        {
            reason: "a program without a name",
            kubeconfig: user("exec: {args: [s3cret]},"),
            says: /exec plugin of its user has no command/,
        },
    ];
    for (const { reason, kubeconfig, context, says } of cases) {
        it(`is refused: ${reason}`, async () => {
            await assert.rejects(read(kubeconfig, context), (thrown) => {
                assert.ok(isBootsourceError(thrown) && thrown.code === "invalid-argument");
                assert.match(thrown.message, says);
                return !`${thrown.message} ${JSON.stringify(thrown.facts)}`.includes("s3cret");
            });
        });
    }
});
