// A DataVolume that older CDI took away once its claim was filled: on a real API server, deleted so that its claim stays.
import assert from "node:assert/strict";
import { type Made, Session } from "../../provider/lifecycle/session.js";
import { systemClock } from "../../provider/model/clock.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { afterwards } from "../tools.js";

const urn = "urn:pulumi:s::p::t::disk";
const storage = { size: "8Mi", storageClassName: "alone" };

describe("a claim whose DataVolume CDI took away", function () {
    this.timeout(120_000);
    let plane: ControlPlane;
    let namespace: string;
    let removeClass: () => Promise<void>;

    before(async function () {
        plane = await startControlPlane(this);
        removeClass = await plane.storageClass({ name: "alone", provisioner: "kubevirt.io/hostpath-provisioner" });
        afterwards(this, removeClass);
    });
    beforeEach(async () => {
        namespace = await plane.namespace("alone");
    });

    const within = async <T>(task: (session: Session) => Promise<T>): Promise<T> => {
        const session = new Session({
            configuration: { kubeconfig: plane.kubeconfig, namespace },
            directory: "/",
            clock: systemClock,
            signal: new AbortController().signal,
            log: () => undefined,
        });
        return task(session).finally(() => session.close());
    };
    type Kept = Made & { readonly inputs: Record<string, unknown> };
    const args = (more: object = {}) => ({ source: { blank: {} }, storage, name: "disk", ...more });
    const up = (more: object = {}, last?: Kept): Promise<Kept> =>
        within(async (session) => {
            const request = { kind: "ImportedImage", urn, preview: false } as const;
            const news = args(more);
            const { inputs, failures } = await session.check({ ...request, olds: last?.inputs ?? {}, news });
            assert.deepEqual(failures, []);
            if (last === undefined) return { ...(await session.create("ImportedImage", inputs)), inputs };
            assert.deepEqual(session.diff("ImportedImage", last.state, inputs).replaces, []);
            return { ...(await session.update("ImportedImage", last.state, inputs)), inputs };
        });
    const volumes = () => `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datavolumes`;
    const claim = () => plane.api.find(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/disk`);
    const takeAway = async (): Promise<string | undefined> => {
        await plane.api.remove(`${volumes()}/disk`, { propagationPolicy: "Orphan" });
        await until("the DataVolume is gone", async () => (await plane.api.list(volumes())).length === 0);
        const left = await claim();
        assert.equal(left?.metadata["ownerReferences"], undefined);
        return left?.metadata.uid;
    };

    it("is the image as before: read without a difference, relabelled, and taken away with the resource", async () => {
        const made = await up();
        const uid = await takeAway();
        const seen = await within((session) => session.read("ImportedImage", made.id, made.state));
        assert.deepEqual(seen?.state, made.state);
        assert.equal(seen.inputs, undefined);
        const preview = await within((session) =>
            session.check({ kind: "ImportedImage", urn, preview: true, olds: made.inputs, news: args() }),
        );
        assert.deepEqual(preview, { inputs: made.inputs, failures: [] });
        const labelled = await up({ labels: { tier: "golden" } }, made);
        const now = await claim();
        assert.equal((now?.metadata.labels as Record<string, string>)["tier"], "golden");
        assert.equal(now?.metadata.uid, uid);
        assert.deepEqual(await plane.api.list(volumes()), []);
        await within((session) => session.delete("ImportedImage", labelled.state));
        await until("the claim is gone", async () => (await claim()) === undefined);
    });

    it("is taken up by an update that had been killed after its import, and makes way for another image of its name", async () => {
        await up();
        const uid = await takeAway();
        const again = await up();
        assert.equal((await claim())?.metadata.uid, uid);
        assert.equal(again.state["phase"], "Succeeded");
        // Another place for it is another image of this name.
        await up({ storage: { ...storage, accessModes: ["ReadWriteOnce"], volumeMode: "Block" } });
        assert.notEqual((await claim())?.metadata.uid, uid);
        assert.equal((await plane.api.list(volumes())).length, 1);
    });

    it("is no image any more where it goes with a DataVolume that was deleted: another one comes in once it is gone", async () => {
        const made = await up();
        const old = await claim();
        const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/disk`;
        // A delete whose run was killed; what uses the claim keeps it for a while.
        await plane.api.patch(path, { metadata: { finalizers: ["example.com/in-use"] } });
        await plane.api.remove(`${volumes()}/disk`, { propagationPolicy: "Background" });
        await until("the DataVolume is gone", async () => (await plane.api.list(volumes())).length === 0);
        assert.equal(await within((session) => session.read("ImportedImage", made.id, made.state)), undefined);
        const again = up();
        await until(
            "the claim is being deleted",
            async () => (await claim())?.metadata.deletionTimestamp !== undefined,
        );
        await plane.api.patch(path, { metadata: { finalizers: null } });
        assert.equal((await again).state["phase"], "Succeeded");
        assert.notEqual((await claim())?.metadata.uid, old?.metadata.uid);
        assert.equal((await plane.api.list(volumes())).length, 1);
    });

    it("is left alone where it is not ours", async () => {
        const made = await up();
        await takeAway();
        const stranger = { ...made.state, token: "another" };
        assert.equal(await within((session) => session.read("ImportedImage", made.id, stranger)), undefined);
        await within((session) => session.delete("ImportedImage", stranger));
        assert.notEqual(await claim(), undefined);
    });
});
