// A store with an agent, a registry in this process and a clock of the test's own, as a stage for boot sources.
import { readFile, readdir } from "node:fs/promises";
import * as path from "node:path";
import { conditionOf } from "../../provider/model/conditions.js";
import { directNetwork } from "../../provider/model/network.js";
import type { ClassDeclaration } from "../../provider/model/storage-classes.js";
import { cronAnnotations } from "../../provider/rules/cron-names.js";
import { type BootStage, makeDisks } from "../conformance/boot-stage.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { type FakeBehaviour, type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { type EmbeddedStage, makeEmbeddedStage } from "./stage.js";

/** The stage, and what only a store and this registry have. */
export interface EmbeddedBootStage extends BootStage {
    readonly world: EmbeddedStage;
    readonly clock: HurryClock;
    readonly registry: FakeRegistry;
    readonly behaviour: FakeBehaviour;
    /** `other` changes the image of another platform alone: a rebuild that is nothing to this machine. */
    publish(image: number, other?: number): string;
    /** How many layers of images were downloaded so far. */
    downloads(): number;
    /** Stops the agent, as if it had been told to end. */
    retire(): Promise<void>;
}

const architecture = process.arch === "x64" ? "amd64" : process.arch;

/** Two classes: one that takes snapshots where its profile asks for it, and one that takes none and is the default. */
const classes: readonly ClassDeclaration[] = [
    { name: "plain", defaults: ["cluster"] },
    { name: "fast", snapshot: "overlay" },
];

export async function makeEmbeddedBootStage(): Promise<EmbeddedBootStage> {
    const behaviour: FakeBehaviour = {};
    const registry = await startFakeRegistry(behaviour);
    const clock = new HurryClock();
    const network = { ...directNetwork, insecureRegistries: [registry.host] };
    const world = makeEmbeddedStage(clock, classes, network);
    const over = new AbortController();
    // What the cases do, they do as another process: the agent hears of it as it hears of a `pulumi up`.
    await world.other.establish();
    const agent = world.cluster.work(over.signal);
    const retire = async (): Promise<void> => {
        over.abort();
        await agent;
    };
    const settle: BootStage["settle"] = async (about, look) => {
        for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
            const found = await look();
            if (found !== undefined) return found;
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
        const told = await Promise.all(
            (["DataImportCron", "DataSource", "DataVolume"] as const).map((kind) => world.other.list(kind)),
        );
        throw new Error(`${about}: not so. ${JSON.stringify(told)} ${world.warnings.join("; ")}`);
    };
    const layers = new Set<string>();
    const diskOf = makeDisks();
    return {
        world,
        cluster: world.other,
        clock,
        registry,
        behaviour,
        classes: { fast: "fast", plain: "plain" },
        source: { registry: { url: `docker://${registry.host}/fedora:latest` } },
        diskOf,
        publish: (image, other = 0) => {
            const container = makeContainerdisk(diskOf(image), { architecture });
            const foreign = architecture === "amd64" ? "arm64" : "amd64";
            const elsewhere = makeContainerdisk(diskOf(900 + other), { architecture: foreign });
            const index = makeIndex({ [architecture]: container, [foreign]: elsewhere });
            layers.add(container.blobs[1]?.digest ?? "");
            registry.hold("fedora", "latest", index);
            return index.manifest.digest;
        },
        poll: async (at) => {
            const timeOf = async () => {
                const cron = await world.other.get("DataImportCron", at);
                const { [cronAnnotations.nextCronTime]: next, [cronAnnotations.lastCronTime]: last } =
                    cron?.metadata.annotations ?? {};
                return { next, last, polled: conditionOf(cron, "Polled") };
            };
            const before = await settle(`${at.name} was asked once`, async () => {
                const time = await timeOf();
                return time.next === undefined ? undefined : time;
            });
            clock.pass(Math.max(0, Date.parse(before.next ?? "") - clock.now()) + 1_000);
            await settle(`${at.name} is asked again`, async () => {
                const { next, last } = await timeOf();
                return next !== before.next || last !== before.last ? true : undefined;
            });
        },
        completeImport: () => Promise.resolve(),
        readDisk: async (source) => {
            const { pvc, snapshot } = source ?? {};
            const room = path.join(world.store, pvc === undefined ? "snapshots" : "volumes");
            const { namespace = "", name = "" } = pvc ?? snapshot ?? {};
            for (const storageClass of await readdir(room).catch(() => [])) {
                const found = await readFile(path.join(room, storageClass, namespace, name, "disk.img")).catch(
                    () => undefined,
                );
                if (found !== undefined) return found;
            }
            return undefined;
        },
        settle,
        downloads: () => registry.asked.filter(({ url }) => layers.has(url.split("/").at(-1) ?? "")).length,
        retire,
        close: async () => {
            await retire();
            await world.close();
            await registry.close();
        },
    };
}
