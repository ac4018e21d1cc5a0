// kill -9 of the CLI, of the provider, or of both, in the middle of `pulumi up` on a cluster: nothing doubled, nothing lost.
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { type Web, startWeb } from "../engine/web.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk, seededRandom } from "../images/disk.js";
import { type UnrulyApi, startUnrulyApi } from "../kubernetes/unruly-api.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { killedAtRequest, victims } from "./at-request.js";
import { type ClusterProject, makeClusterProject } from "./cluster-project.js";
import { howManyKills } from "./how-many.js";

const kills = howManyKills(24);
/** So many runs are killed one after the other before one is let through. */
const chain = 5;

const program = `
const { image, registry, schedule } = wish;
const storage = { size: "4Mi" };
if (image !== undefined) new bootsource.ImportedImage("disk", { source: { http: { url: image } }, storage });
if (registry !== undefined)
    new bootsource.BootSource("fedora", { source: { registry: { url: registry } }, schedule, storage, retentionPolicy: "None" });
`;

/** What the program asks for. */
interface Wish {
    readonly image?: string;
    readonly registry?: string;
    readonly schedule?: string;
}

describe("kill -9 during `pulumi up` on a cluster", function () {
    this.timeout(90 * 60_000);
    const numbers = seededRandom(17);
    /** From 0 to 1. */
    const random = (): number => numbers() / 2 ** 31;
    const clean: (() => Promise<void> | void)[] = [];
    const disks = { first: makeDisk(1 << 20, { seed: 61 }), second: makeDisk(1 << 20, { seed: 62 }) };
    const boot = makeDisk(1 << 20, { seed: 63 });
    let plane: ControlPlane;
    let web: Web;
    let registry: FakeRegistry;
    let api: UnrulyApi;
    let project: ClusterProject<Wish>;
    let namespace: string;
    let imported: string;

    before(async function () {
        if (process.platform === "win32") this.skip();
        plane = await startControlPlane(this);
        web = await startWeb();
        clean.push(() => web.close());
        registry = await startFakeRegistry({});
        clean.push(() => registry.close());
        const index = makeIndex({ amd64: makeContainerdisk(boot, { architecture: "amd64" }) });
        registry.hold("fedora", "latest", index);
        imported = `fedora-${index.manifest.digest.slice(7, 19)}`;
        clean.push(
            await plane.insecureRegistry(registry.host),
            await plane.storageClass({
                name: "killed",
                provisioner: "kubevirt.io.hostpath-provisioner",
                default: true,
            }),
        );
        namespace = await plane.namespace("killed");
        api = await startUnrulyApi(plane);
        clean.push(() => api.close());
        project = makeClusterProject(
            {
                kubeconfig: api.kubeconfig(),
                namespace,
                insecureRegistries: JSON.stringify([registry.host]),
            },
            program,
        );
        clean.push(() => {
            project.remove();
        });
        const made = await project.run(["stack", "init"], {}).ended;
        assert.equal(made.code, 0, made.text);
    });
    after(async () => {
        for (const undo of clean.reverse()) await undo();
    });

    const cdi = (kind: string): string => `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${kind}`;
    const namesOf = async (path: string): Promise<string[]> =>
        (await plane.api.list(path)).map(({ metadata }) => metadata.name).sort();
    const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    const holds = async (claim: string, disk: Uint8Array, story: string): Promise<void> => {
        const there = readFileSync(await plane.contentOf(namespace, claim)).subarray(0, disk.length);
        assert.equal(sum(there), sum(disk), `${story}: ${claim} holds its image`);
    };
    const isThere = async (wish: Wish, story: string): Promise<void> => {
        const { image, registry: source, schedule } = wish;
        const crons = await plane.api.list(cdi("dataimportcrons"));
        const said = crons.map(({ metadata, spec }) => [metadata.name, (spec as { schedule: string }).schedule]);
        assert.deepEqual(said, source === undefined ? [] : [["fedora-image-cron", schedule]], `${story}: the crons`);
        const wanted = [...(image === undefined ? [] : ["disk-"]), ...(source === undefined ? [] : [imported])];
        for (const path of [cdi("datavolumes"), `/api/v1/namespaces/${namespace}/persistentvolumeclaims`]) {
            // What is deleted goes when its finalizers let it.
            const there = await until(`${story}: ${wanted.join(", ")} and nothing else are in ${path}`, async () => {
                const names = await namesOf(path);
                const same =
                    names.length === wanted.length && names.every((name, at) => name.startsWith(wanted[at] ?? "?"));
                return same ? names : undefined;
            });
            for (const claim of there) {
                const disk = claim === imported ? boot : image?.includes("first") === true ? disks.first : disks.second;
                await holds(claim, disk, story);
            }
        }
        assert.deepEqual(await namesOf(cdi("datasources")), source === undefined ? [] : ["fedora"], story);
    };

    it(`${kills} times: the next run finishes, and exactly what the program says is there`, async () => {
        const urls = { first: web.serve("/first.img", disks.first), second: web.serve("/second.img", disks.second) };
        const source = `docker://${registry.host}/fedora:latest`;
        const wishes: Wish[] = [
            { image: urls.first, registry: source, schedule: "0 3 1 1 *" },
            { image: urls.second, registry: source, schedule: "0 4 1 1 *" },
            {},
        ];
        let done = 0;
        for (let round = 0; done < kills; round++) {
            const wish = wishes[round % wishes.length] ?? {};
            const told: string[] = [];
            // A destroy asks for little.
            const most = wish.image === undefined ? 8 : 30;
            for (let link = 0; link < chain && done < kills; link++) {
                const who = victims[done % victims.length] ?? "both";
                const when = random() < 0.5 ? "cut before" : "cut after";
                const at = 1 + Math.floor(random() * most);
                told.push(`${who} ${when} request ${at}`);
                if (!(await killedAtRequest({ api, project }, wish, { who, when, at }))) break;
                done += 1;
            }
            assert.ok(round <= 2 * kills + 5, `of ${round} rounds so few were killed: ${done}`);
            const story = `round ${round} (${told.join("; ")})`;
            const next = await project.run(["up", "--yes", "--skip-preview"], wish).ended;
            assert.equal(next.code, 0, `${story}: ${next.text}`);
            await isThere(wish, story);
        }
    });
});
