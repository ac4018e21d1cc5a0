// Preview against deed on a cluster: what a preview names is what the update does, as the API server's audit log and the web server have it.
import * as assert from "node:assert/strict";
import * as bootsource from "../../components/index.js";
import { systemNamespace } from "../../provider/rules/system-list.js";
import { type ControlPlane, startOwnControlPlane } from "../control-plane/control-plane.js";
import { playPlatform } from "../control-plane/hyperconverged.js";
import { until } from "../control-plane/until.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { afterwards } from "../tools.js";
import { type ClusterDeeds, deedsSince } from "./deeds-cdi.js";
import { useEngine } from "./fixture.js";
import { type Foretold, foretoldBy } from "./foretold.js";
import { type ClusterSite, type ClusterStep, clusterLives } from "./preview-scenarios-cdi.js";
import type { Program, Ran } from "./project.js";
import { ok } from "./storage-default-program.js";

describe("what a preview of a cluster names is what its update does", function () {
    this.timeout(240_000);
    const engine = useEngine();
    let plane: ControlPlane;
    let registry: FakeRegistry;
    let site: ClusterSite;
    let clean: (() => Promise<unknown>)[] = [];
    let lives = 0;

    before(async function () {
        plane = await startOwnControlPlane(this);
        registry = await startFakeRegistry({});
        afterwards(this, () => registry.close());
    });
    beforeEach(async () => {
        lives += 1;
        const classes = { plain: `deeds-plain-${lives}`, other: `deeds-other-${lives}` };
        const provisioner = "kubevirt.io.hostpath-provisioner";
        clean = [
            await plane.insecureRegistry(registry.host),
            await plane.storageClass({ name: classes.plain, provisioner, default: true }),
            await plane.storageClass({ name: classes.other, provisioner }),
        ];
        site = {
            classes,
            namespace: await plane.namespace("deeds"),
            url: (name, seed) => engine.web.serve(`/${name}`, makeDisk(1 << 20, { seed })),
            registry: (seed) => `docker://${registry.host}/fedora:${publish(seed)}`,
        };
    });
    afterEach(async () => {
        for (const undo of clean.reverse()) await undo();
    });

    /** One tag for all: a newer image is another digest behind it. */
    const publish = (seed: number): string => {
        const disk = makeDisk(1 << 20, { seed });
        registry.hold("fedora", "latest", makeIndex({ amd64: makeContainerdisk(disk, { architecture: "amd64" }) }));
        return "latest";
    };
    const run = (
        operation: "up" | "preview",
        program: (here: ClusterSite, kit: typeof bootsource) => void,
    ): Promise<Ran> => {
        const inline: Program = () => {
            program(site, bootsource);
            return Promise.resolve({});
        };
        return engine.project.run(operation, inline, {
            store: null,
            stack: "deeds",
            config: {
                kubeconfig: { value: plane.kubeconfig, secret: true },
                namespace: site.namespace,
                insecureRegistries: JSON.stringify([registry.host]),
            },
        });
    };
    const play = async (): Promise<void> => {
        const system = [publish(9)].map((tag) => ({
            metadata: { name: "fedora-image-cron" },
            spec: {
                schedule: "0 3 1 1 *",
                garbageCollect: "Outdated",
                managedDataSource: "fedora",
                template: {
                    spec: {
                        source: { registry: { url: `docker://${registry.host}/fedora:${tag}` } },
                        storage: { resources: { requests: { storage: "4Mi" } } },
                    },
                },
            },
        })) as Parameters<typeof playPlatform>[1]["system"];
        const platform = await playPlatform(plane, { era: "v1", system });
        clean.push(
            () => platform.stop(),
            async () => {
                for (const kind of ["dataimportcrons", "datasources", "datavolumes"]) {
                    const path = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${systemNamespace}/${kind}`;
                    for (const { metadata } of await plane.api.list(path))
                        await plane.api.remove(`${path}/${metadata.name}`);
                }
            },
        );
    };

    for (const { title, steps, platform } of clusterLives) {
        it(`${title}: ${steps.map((step) => step.title).join("; ")}`, async () => {
            if (platform === true) await play();
            for (const step of steps) {
                const preview = ok(await run("preview", step.program));
                const story = `${step.title}\n${preview.text}`;
                const foretold = foretoldBy(preview);
                assert.deepEqual(foretold.strange, [], "each sentence is one that this test understands");
                const before = await plane.requests(0, true);
                ok(await run("up", step.program));
                const expected = expectedOf(preview, foretold, step, deedsSince(before, 0));
                let deeds = {};
                const isDone = async (): Promise<boolean> => {
                    deeds = shownOf(deedsSince(await plane.requests(0, true), before.length), foretold);
                    return JSON.stringify(deeds) === JSON.stringify(expected);
                };
                // What is deleted goes a moment later: a new garbage collector learns of new kinds every half minute.
                await until("the deeds are all there", isDone, { seconds: 90, every: 200 }).catch(() => undefined);
                assert.deepEqual(deeds, expected, story);
            }
        });
    }

    /** What is to happen, with what Pulumi's own rows say of originals, and the arguments of what is deleted. */
    const expectedOf = (preview: Ran, foretold: Foretold, { says }: ClusterStep, there: ClusterDeeds) => {
        const { claims, crons, marked = [], unmarked = [], switched, repointed = [] } = says?.(site) ?? {};
        const isReplaced = (name: string): boolean => preview.steps[name]?.includes("delete-replaced") === true;
        const disks = claims === true || isReplaced("disk") ? there.came.filter(isOurs) : [];
        const gone = crons === true || isReplaced("fedora") ? there.cronsCame.filter(isOurs) : [];
        const told = Object.entries(foretold.repointed).filter(([key]) => isOurs(key));
        return {
            came: [...foretold.comes].sort(),
            went: [...foretold.goes, ...disks].sort(),
            isRemovedFirst: preview.text.includes("CDI removes the present image first"),
            grew: foretold.grows,
            repointed: Object.fromEntries([...told, ...repointed.map((key) => [key, {}] as const)].sort()),
            cronsGone: [...foretold.cronsGone, ...gone].sort(),
            marked: [...foretold.marked, ...marked].sort(),
            unmarked: [...foretold.unmarked, ...unmarked].sort(),
            profiles: foretold.profiles.sort(),
            switched: foretold.switched ?? switched ?? null,
        };
    };
    const isOurs = (key: string): boolean => [site.namespace, systemNamespace].some((one) => key.startsWith(`${one}/`));
    /** The deeds in the places of this test; of a DataSource what was foretold about it. */
    const shownOf = (deeds: ClusterDeeds, foretold: Foretold) => {
        const ours = (keys: readonly string[]): string[] => keys.filter(isOurs).sort();
        const repointed = Object.entries(deeds.repointed).filter(([key]) => isOurs(key));
        const told = (key: string, is: Readonly<Record<string, string>>) =>
            Object.fromEntries(Object.keys(foretold.repointed[key] ?? {}).map((field) => [field, is[field]]));
        // What has no name in the preview is what its DataSource leads to.
        const unnamed = repointed.filter(([key]) => foretold.repointed[key]?.disk === undefined);
        const served = new Set(unnamed.map(([, { disk }]) => disk));
        const again = ours(deeds.went).filter((key) => served.has(key));
        return {
            came: ours(deeds.came).filter((key) => !served.has(key)),
            went: ours(deeds.went).filter((key) => !served.has(key)),
            isRemovedFirst: again.length > 0,
            grew: deeds.grew.filter(isOurs),
            repointed: Object.fromEntries(repointed.sort().map(([key, is]) => [key, told(key, is)])),
            cronsGone: ours(deeds.cronsGone),
            marked: [...deeds.marked].sort(),
            unmarked: [...deeds.unmarked].sort(),
            profiles: [...deeds.profiles].sort(),
            switched: deeds.switched ?? null,
        };
    };
});
