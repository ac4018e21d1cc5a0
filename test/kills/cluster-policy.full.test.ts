// kill -9 on a cluster while the default class changes and the platform's boot sources are switched: there is a default at any moment.
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { DataImportCronTemplate, DataSource, HyperConverged } from "../../provider/model/objects.js";
import { systemNamespace } from "../../provider/rules/system-list.js";
import { type ControlPlane, startOwnControlPlane } from "../control-plane/control-plane.js";
import { type PlayedPlatform, playPlatform } from "../control-plane/hyperconverged.js";
import { virtMark } from "../engine/storage-default-program.js";
import { makeContainerdisk } from "../images/containerdisk.js";
import { makeDisk, seededRandom } from "../images/disk.js";
import { startUnrulyApi, type UnrulyApi } from "../kubernetes/unruly-api.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { afterwards } from "../tools.js";
import { killedAtRequest, victims } from "./at-request.js";
import { type ClusterProject, makeClusterProject } from "./cluster-project.js";
import { howManyKills } from "./how-many.js";

const kills = howManyKills(6);
/** So many runs are killed one after the other before one is let through. */
const chain = 3;

const program = `
const { storageClassName, system, url } = wish;
const vms = new bootsource.StorageDefault("vms", { storageClassName });
new bootsource.SystemBootSources("system", system);
const source = { registry: { url } };
const schedule = "0 3 1 1 *";
const size = "4Mi";
new bootsource.BootSource("stays", { source, schedule, storage: { size, storageClassName: "policy-one" } });
new bootsource.BootSource("follows", { source, schedule, storage: { size } }, { dependsOn: [vms] });
`;

/** What the program asks for. */
interface Wish {
    readonly storageClassName: string;
    readonly system: {
        readonly enabled?: boolean;
        readonly overrides?: { readonly fedora: { readonly schedule: string } };
    };
    readonly url: string;
}

/** What is asked of the platform's boot sources, one after the other. */
const switches = [{ enabled: false }, {}, { overrides: { fedora: { schedule: "0 4 1 1 *" } } }] as const;
const classes = ["policy-one", "policy-two"] as const;

describe("kill -9 of an update of a cluster's default class and of its platform's boot sources", function () {
    this.timeout(90 * 60_000);
    const disk = makeDisk(1 << 20, { seed: 91 });
    const clean: (() => Promise<void> | void)[] = [];
    let plane: ControlPlane;
    let registry: FakeRegistry;
    let api: UnrulyApi;
    let project: ClusterProject<Wish>;
    let namespace: string;
    let platform: PlayedPlatform;

    const entry = (name: string): DataImportCronTemplate => ({
        metadata: { name: `${name}-image-cron` },
        spec: {
            schedule: "0 3 1 1 *",
            garbageCollect: "Outdated",
            managedDataSource: name,
            retentionPolicy: "None",
            importsToKeep: 1,
            template: {
                spec: {
                    source: { registry: { url: `docker://${registry.host}/fedora:latest` } },
                    storage: { resources: { requests: { storage: "4Mi" } }, storageClassName: "policy-one" },
                },
            },
        },
    });

    before(async function () {
        if (process.platform === "win32") this.skip();
        // Hooks run as they are declared: what looks at the control plane ends before it.
        afterwards(this, async () => {
            for (const undo of clean.reverse()) await undo();
        });
        plane = await startOwnControlPlane(this);
        registry = await startFakeRegistry({});
        clean.push(() => registry.close());
        registry.hold("fedora", "latest", makeContainerdisk(disk, { architecture: "amd64" }));
        await plane.insecureRegistry(registry.host);
        const provisioner = "kubevirt.io.hostpath-provisioner";
        for (const name of classes) await plane.storageClass({ name, provisioner });
        namespace = await plane.namespace("killed-policy");
        platform = await playPlatform(plane, { era: "v1", system: [entry("fedora"), entry("centos")] });
        clean.push(() => platform.stop());
        await plane.api.patch(platform.path, {
            spec: { workloadSources: { dataImportCronTemplates: [entry("theirs")] } },
        });
        api = await startUnrulyApi(plane);
        clean.push(() => api.close());
        const kubeconfig = api.kubeconfig();
        const insecureRegistries = JSON.stringify([registry.host]);
        project = makeClusterProject<Wish>({ kubeconfig, namespace, insecureRegistries }, program);
        clean.push(() => {
            project.remove();
        });
        const made = await project.run(["stack", "init"], wishOf(1)).ended;
        assert.equal(made.code, 0, made.text);
    });

    const wishOf = (round: number): Wish => ({
        storageClassName: classes[round % classes.length] ?? "",
        system: switches[round % switches.length] ?? {},
        url: `docker://${registry.host}/fedora:latest`,
    });
    const cdi = (where: string, kind: string): string => `/apis/cdi.kubevirt.io/v1beta1/namespaces/${where}/${kind}`;
    const claimsIn = (where: string) => plane.api.list(`/api/v1/namespaces/${where}/persistentvolumeclaims`);
    const systemImages = async (): Promise<string[]> =>
        (await claimsIn(systemNamespace)).map(({ metadata }) => `${metadata.name} ${String(metadata.uid)}`).sort();
    const defaults = async (): Promise<string[]> =>
        (await plane.api.list("/apis/storage.k8s.io/v1/storageclasses"))
            .filter(({ metadata }) => metadata.annotations?.[virtMark] === "true")
            .map(({ metadata }) => metadata.name);
    const leads = async (where: string, name: string, story: string): Promise<string> => {
        const source = (await plane.api.get(`${cdi(where, "datasources")}/${name}`)) as unknown as DataSource;
        const ready = source.status?.conditions?.find(({ type }) => type === "Ready");
        assert.equal(ready?.status, "True", `${story}: ${name} is ready`);
        const { pvc } = source.spec.source;
        const there = readFileSync(await plane.contentOf(where, pvc?.name ?? "")).subarray(0, disk.length);
        const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
        assert.equal(sum(there), sum(disk), `${story}: ${name} holds its image`);
        return pvc?.name ?? "";
    };
    const platformSays = async () => (await plane.api.get(platform.path)) as unknown as HyperConverged;
    /** What is so at any moment, whatever was killed. */
    const stands = async (story: string, images: readonly string[]): Promise<void> => {
        const { spec } = await platformSays();
        const theirs = spec.workloadSources?.dataImportCronTemplates?.filter(
            ({ metadata }) => metadata.name === "theirs-image-cron",
        );
        assert.deepEqual(theirs, [entry("theirs")], `${story}: another's entry is as it was`);
        assert.deepEqual(
            await systemImages(),
            images,
            `${story}: the platform's images are there, and none is doubled`,
        );
        await leads(namespace, "stays", story);
        await leads(systemNamespace, "theirs", story);
    };
    /** What is so once a run came to its end. */
    const isDone = async (round: number, story: string): Promise<void> => {
        const { storageClassName, system } = wishOf(round);
        assert.deepEqual(await defaults(), [storageClassName], story);
        const crons = await plane.api.list(cdi(systemNamespace, "dataimportcrons"));
        // The platform spreads the polls of what it ships by a schedule of its own.
        const spread = String((await platformSays()).status?.dataImportSchedule);
        const shipped = [`centos ${spread}`, `fedora ${system.overrides?.fedora.schedule ?? spread}`];
        assert.deepEqual(
            crons.map(({ metadata, spec }) => `${metadata.name.replace("-image-cron", "")} ${spec.schedule}`).sort(),
            [...(system.enabled === false ? [] : shipped), "theirs 0 3 1 1 *"],
            story,
        );
        if (system.enabled !== false)
            for (const name of ["fedora", "centos"]) await leads(systemNamespace, name, story);
        const claim = await leads(namespace, "follows", story);
        const { spec } = await plane.api.get(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claim}`);
        assert.equal(spec.storageClassName, storageClassName, `${story}: what follows has moved`);
    };
    /** Looks all the time while work goes on; says how often there was no default, and how often it looked. */
    const lookingForDefaults = async (work: Promise<unknown>): Promise<{ without: number; looks: number }> => {
        let [without, looks, done] = [0, 0, false];
        const ended = work.finally(() => (done = true));
        // It may fail while we look; it is awaited below.
        ended.catch(() => undefined);
        while (!done) {
            if ((await defaults()).length === 0) without += 1;
            looks += 1;
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await ended;
        return { without, looks };
    };

    it(`${kills} times: images, another's entry and what is ready stay, and the next run finishes`, async () => {
        const numbers = seededRandom(23);
        const random = (): number => numbers() / 2 ** 31;
        const up = async (round: number, story: string): Promise<void> => {
            const { code, text } = await project.run(["up", "--yes", "--skip-preview"], wishOf(round)).ended;
            assert.equal(code, 0, `${story}: ${text}`);
        };
        // Everything is there before the first kill; what each wish asks for is counted.
        const requests: number[] = [];
        for (const round of [1, 2, 3]) {
            let most = 0;
            api.decide(({ number }) => {
                most = number;
                return "pass";
            });
            await up(round, `the first time ${round}`);
            requests[round % switches.length] = most;
            api.decide();
        }
        const images = await systemImages();
        assert.equal(images.length, 3, images.join(", "));
        await isDone(3, "before the first kill");

        const killing = async (): Promise<void> => {
            let done = 0;
            for (let round = 4; done < kills; round++) {
                const told: string[] = [];
                for (let link = 0; link < chain && done < kills; link++) {
                    const who = victims[done % victims.length] ?? "both";
                    const when = random() < 0.5 ? "cut before" : "cut after";
                    const at = 1 + Math.floor(random() * (requests[round % switches.length] ?? 1));
                    told.push(`${who} ${when} request ${at}`);
                    if (!(await killedAtRequest({ api, project }, wishOf(round), { who, when, at }))) break;
                    done += 1;
                    await stands(`round ${round} (${told.join("; ")})`, images);
                }
                assert.ok(round <= 2 * kills + 8, `of ${round} rounds so few were killed: ${done}`);
                const story = `round ${round} (${told.join("; ")}), and the next run`;
                await up(round, story);
                await stands(story, images);
                await isDone(round, story);
            }
        };
        const explained = killing().catch((thrown: unknown) => {
            const why = thrown instanceof Error ? thrown.message : String(thrown);
            throw new Error(`${why}\nThe platform: ${platform.story()}`, { cause: thrown });
        });
        const { without, looks } = await lookingForDefaults(explained);
        assert.equal(without, 0, `of ${looks} looks so many found no default`);
        assert.ok(looks > 50, `looked ${looks} times`);
    });
});
