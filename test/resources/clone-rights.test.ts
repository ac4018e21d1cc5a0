// `cloneableFrom` on a real API server: what CDI's webhook says to whoever clones from another namespace, before and after.
import assert from "node:assert/strict";
import type { Cluster } from "../../provider/cluster/contract.js";
import type { ResourceKind } from "../../provider/lifecycle/registry.js";
import { type Made, Session } from "../../provider/lifecycle/session.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataVolume } from "../../provider/model/objects.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { applyRoles, login } from "../kubernetes/roles.js";
import { openCluster } from "../kubernetes/stage.js";

describe("who may clone an image", function () {
    this.timeout(120_000);
    const clean: (() => Promise<unknown>)[] = [];
    let plane: ControlPlane;
    let images: string;
    let one: { readonly namespace: string; readonly cluster: Cluster };
    let other: typeof one;
    let admin: string;

    before(async function () {
        plane = await startControlPlane(this);
        clean.push(await plane.storageClass({ name: "cloned", provisioner: "kubevirt.io/hostpath-provisioner" }));
        images = await plane.namespace("golden");
        await applyRoles(plane, images);
        admin = await login(plane, images, "maker", "bootsource-admin");
        const somebody = async (): Promise<typeof one> => {
            const namespace = await plane.namespace("tenants");
            await applyRoles(plane, namespace);
            const cluster = openCluster(await login(plane, namespace, "user", "bootsource-admin"), namespace);
            clean.push(async () => (await cluster).close());
            return { namespace, cluster: await cluster };
        };
        [one, other] = [await somebody(), await somebody()];
    });
    after(async () => {
        for (const remove of clean.reverse()) await remove();
    });

    const storage = { size: "8Mi", storageClassName: "cloned" };
    const run = async <T>(task: (session: Session) => Promise<T>): Promise<T> => {
        const session = new Session({
            configuration: { kubeconfig: admin, namespace: images },
            directory: "/",
            clock: systemClock,
            signal: new AbortController().signal,
            log: () => undefined,
        });
        return task(session).finally(() => session.close());
    };
    const up = (kind: ResourceKind, args: object, last?: Made & { inputs: Record<string, unknown> }) =>
        run(async (session) => {
            const request = { kind, urn: "urn:pulumi:s::p::t::golden", preview: false };
            const news = { storage, name: "golden", ...args };
            const { inputs, failures } = await session.check({ ...request, olds: last?.inputs ?? {}, news });
            assert.deepEqual(failures, []);
            const made =
                last === undefined
                    ? await session.create(kind, inputs)
                    : await session.update(kind, last.state, inputs);
            return { ...made, inputs };
        });
    let clones = 0;
    /** "" where CDI's webhook lets it pass. */
    const clone = async ({ cluster, namespace }: typeof one, spec: object): Promise<string> => {
        const metadata = { namespace, name: `clone-${String(++clones)}` };
        try {
            await cluster.create("DataVolume", { metadata, spec: spec as DataVolume["spec"] });
            return "";
        } catch (thrown) {
            return thrown instanceof Error ? thrown.message : String(thrown);
        }
    };
    const rights = async (): Promise<string[]> => {
        const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${images}`;
        const all = [...(await plane.api.list(`${rbac}/roles`)), ...(await plane.api.list(`${rbac}/rolebindings`))];
        return all.map(({ metadata }) => metadata.name).filter((name) => name.endsWith("-cloneable"));
    };
    const denied = /User system:serviceaccount:\S+:user has insufficient permissions in clone source namespace golden/;

    it("is the namespace that an image names and no other, for that image alone; a change is followed, and a delete leaves nothing", async () => {
        const source = { blank: {} };
        const spec = { source: { pvc: { namespace: images, name: "golden" } }, storage };
        const closed = await up("ImportedImage", { source });
        assert.deepEqual(await rights(), []);
        assert.match(await clone(one, spec), denied);
        const open = await up("ImportedImage", { source, cloneableFrom: [one.namespace] }, closed);
        assert.equal(await clone(one, spec), "");
        assert.match(await clone(other, spec), denied);
        const beside = { source: { pvc: { namespace: images, name: "another" } }, storage };
        assert.match(await clone(one, beside), denied);
        const all = await up("ImportedImage", { source, cloneableFrom: "authenticated" }, open);
        assert.equal(await clone(other, spec), "");
        const again = await up("ImportedImage", { source }, all);
        assert.deepEqual(await rights(), []);
        assert.match(await clone(one, spec), denied);
        const last = await up("ImportedImage", { source, cloneableFrom: [other.namespace] }, again);
        assert.equal((await rights()).length, 2);
        await run((session) => session.delete("ImportedImage", last.state));
        assert.deepEqual(await rights(), []);
    });

    it("is asked of a boot source's DataSource, whatever its image is called", async () => {
        const group = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${images}/datasources`;
        const source = { registry: { url: "docker://127.0.0.1:9/disk:latest" } };
        const made = await up("BootSource", {
            ...{ source, wait: "accepted", cloneableFrom: [one.namespace], managedDataSource: "fedora" },
        });
        await plane.api.create(group, {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataSource",
            metadata: { name: "by-hand" },
            spec: { source: { pvc: { namespace: images, name: "fedora-0123456789ab" } } },
        });
        const spec = { sourceRef: { kind: "DataSource", namespace: images, name: "by-hand" }, storage };
        assert.equal(await clone(one, spec), "");
        assert.match(await clone(other, spec), denied);
        await run((session) => session.delete("BootSource", made.state));
        assert.deepEqual(await rights(), []);
        assert.match(await clone(one, spec), denied);
    });

    it("is refused where it names nobody", async () => {
        const news = { source: { blank: {} }, storage, cloneableFrom: [] };
        const request = { kind: "ImportedImage", urn: "urn:pulumi:s::p::t::golden", preview: true, olds: {} } as const;
        const { failures } = await run((session) => session.check({ ...request, news }));
        assert.match(failures.map(({ reason }) => reason).join(), /cloneableFrom/);
    });
});
