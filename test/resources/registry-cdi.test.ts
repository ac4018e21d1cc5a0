// Registries by CDI, as objects on a real API server: a pull secret becomes the Secret that CDI reads, an ImageStream is left to the nodes.
import assert from "node:assert/strict";
import type { ResourceKind } from "../../provider/lifecycle/registry.js";
import { Session } from "../../provider/lifecycle/session.js";
import { systemClock } from "../../provider/model/clock.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { afterwards } from "../tools.js";

const url = "docker://127.0.0.1:9/team/disk:latest";
const storage = { size: "8Mi", storageClassName: "by-registry" };
const auth = Buffer.from("me:my:secret").toString("base64");
const me = { accessKeyId: "me", secretKey: "my:secret" };
const config = (content: object): string => JSON.stringify(content);

describe("a registry image by CDI", function () {
    this.timeout(60_000);
    let plane: ControlPlane;
    let namespace: string;
    let removeClass: () => Promise<void>;

    before(async function () {
        plane = await startControlPlane(this);
        removeClass = await plane.storageClass({
            name: "by-registry",
            provisioner: "kubevirt.io/hostpath-provisioner",
        });
        afterwards(this, removeClass);
    });
    beforeEach(async () => {
        namespace = await plane.namespace("registry");
    });

    const up = async (kind: ResourceKind, args: object): Promise<string[]> => {
        const session = new Session({
            configuration: { kubeconfig: plane.kubeconfig, namespace },
            directory: "/",
            clock: systemClock,
            signal: new AbortController().signal,
            log: () => undefined,
        });
        try {
            const request = { kind, urn: "urn:pulumi:s::p::t::disk", preview: false, olds: {} };
            const news = { storage, wait: "accepted", name: "disk", ...args };
            const { inputs, failures } = await session.check({ ...request, news });
            if (failures.length > 0) return failures.map(({ reason }) => reason);
            await session.create(kind, inputs);
            return [];
        } finally {
            await session.close();
        }
    };
    const image = (registry: object) => up("ImportedImage", { source: { registry } });
    const cdi = (plural: string, name: string) =>
        plane.api.get(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${plural}/${name}`);
    const secret = async (): Promise<Record<string, string> | undefined> => {
        const found = await plane.api.find(`/api/v1/namespaces/${namespace}/secrets/disk-source`);
        const data = found?.data as Record<string, string> | undefined;
        return (
            data &&
            Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]))
        );
    };

    for (const [what, content] of Object.entries({
        "an auth for its host": { "127.0.0.1:9": { auth } },
        "a name and a password": { "127.0.0.1:9": { username: "me", password: "my:secret" } },
        "an old address with a path": { "https://127.0.0.1:9/v1/": { auth } },
        "an address without TLS": { "http://127.0.0.1:9": { auth } },
        "an entry for its organisation, which says more than its host's": {
            "127.0.0.1:9": { username: "else", password: "more" },
            "127.0.0.1:9/team": { auth },
        },
    })) {
        it(`is pulled by the name and the password of a docker config: ${what}`, async () => {
            assert.deepEqual(await image({ url, dockerConfigJson: config({ auths: content }) }), []);
            assert.deepEqual(await secret(), me);
            const { source } = (await cdi("datavolumes", "disk")).spec as { source: { registry: object } };
            assert.deepEqual(source.registry, { url, secretRef: "disk-source" });
        });
    }

    it("is asked by nobody in particular where a docker config speaks of others alone", async () => {
        assert.deepEqual(await image({ url, dockerConfigJson: config({ auths: { "quay.io": { auth } } }) }), []);
        assert.equal(await secret(), undefined);
        const { source } = (await cdi("datavolumes", "disk")).spec as { source: { registry: object } };
        assert.deepEqual(source.registry, { url });
    });

    it("is refused in preview where CDI cannot take what a docker config holds, without a word of it", async () => {
        const cases: readonly [object, RegExp][] = [
            [{ auths: { "127.0.0.1:9": { identitytoken: auth } } }, /identity token for 127\.0\.0\.1:9; give a robot/],
            [{ credHelpers: { "127.0.0.1:9": "ecr-login" } }, /helper program/],
            [{ auths: { "127.0.0.1:9": {} }, credsStore: "desktop" }, /helper program/],
            [{ auths: { "127.0.0.1:9": { auth: "bm9uZQ==" } } }, /not the base64 form of user:password/],
        ];
        for (const [content, reason] of cases) {
            const [said = "", ...more] = await image({ url, dockerConfigJson: config(content) });
            assert.match(said, reason);
            assert.equal(said.includes(auth), false);
            assert.deepEqual(more, []);
        }
    });

    it("of an ImageStream is left to the nodes, for an image and for a boot source", async () => {
        const registry = { imageStream: "fedora:43", pullMethod: "node" };
        assert.deepEqual(await image(registry), []);
        const { source } = (await cdi("datavolumes", "disk")).spec as { source: { registry: object } };
        assert.deepEqual(source.registry, registry);
        assert.deepEqual(await up("BootSource", { source: { registry }, managedDataSource: "fedora" }), []);
        const { template } = (await cdi("dataimportcrons", "disk")).spec as {
            template: { spec: { source: { registry: object } } };
        };
        assert.deepEqual(template.spec.source.registry, registry);
        const pinned = await up("BootSource", { source: { registry }, updates: "reviewed", name: "other" });
        assert.match(pinned.join(), /only the cluster knows what an ImageStream leads to/);
    });
});
