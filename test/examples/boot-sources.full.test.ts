// The examples of boot sources by the plain `pulumi` command on copies, with a registry of the test's own in place of the world.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { diskOf, digestOf, hashOf, imageOf } from "../engine/boot-source-program.js";
import { makeContainerdisk } from "../images/containerdisk.js";
import { clone, type Project, projectFrom, run } from "../package/project";
import { type Registry, startRegistry } from "../servers/registry.js";
import { afterwards, requireTool } from "../tools.js";

interface Outputs {
    readonly digest: string;
    readonly digests: readonly string[];
    readonly disk: string;
    readonly disks: readonly string[];
    readonly dataSource: object;
    readonly format: string;
    readonly formats: readonly string[];
    readonly classes: readonly string[];
    readonly before: object;
    readonly kept: readonly { readonly digest: string; readonly current: boolean }[];
    readonly origins: Readonly<Record<string, string>>;
    readonly dangling: readonly string[];
    readonly dataSources: Readonly<Record<string, object>>;
    readonly entries: Readonly<Record<string, { readonly sourceFormat: string }>>;
}

describe("the examples of boot sources", function () {
    this.timeout(300_000);
    let registry: Registry;
    let project: Project | undefined;

    before(async function () {
        requireTool(this, "pulumi");
        registry = await startRegistry(requireTool(this, "docker-registry"));
        afterwards(this, () => registry.close());
    });
    afterEach(() => {
        project?.remove();
        project = undefined;
    });

    const push = (name: string, tag: string, number: number) =>
        registry.push(`quay/containerdisks/${name}`, tag, imageOf(number));
    const pulumi = async (...args: string[]): Promise<string> => {
        const { code, out, err } = await project!.pulumi(...args);
        assert.equal(code, 0, `pulumi ${args.join(" ")}\n${out}${err}`);
        return out;
    };
    const open = async (example: string, stack = "dev", store = "./store"): Promise<void> => {
        project ??= projectFrom(path.join(clone, "examples", example));
        await pulumi("stack", "init", stack);
        const set = (...args: string[]): Promise<string> => pulumi("config", "set", "--stack", stack, ...args);
        await set("bootsource:store", store);
        await set("--path", "bootsource:insecureRegistries[0]", registry.host);
        await set("--path", 'bootsource:mirrors["quay.io"]', `${registry.host}/quay`);
    };
    const outputs = async (...args: string[]): Promise<Outputs> =>
        JSON.parse(await pulumi("stack", "output", "--json", ...args)) as Outputs;
    const sha256Of = (file: string): string => createHash("sha256").update(fs.readFileSync(file)).digest("hex");
    /** Of the part that the image filled: a disk of 10 GiB is mostly holes. */
    const startOf = (disk: string): string => {
        const start = Buffer.alloc(diskOf(0).length);
        const file = fs.openSync(disk, "r");
        fs.readSync(file, start, 0, start.length, 0);
        fs.closeSync(file);
        return hashOf(start);
    };

    it("boot-source: an image from a registry, and what machines clone from [A1, A69, A71, A76]", async () => {
        await push("fedora", "latest", 40);
        await open("boot-source");
        assert.match(await pulumi("preview"), /imports boot source default\/fedora/);
        await pulumi("up", "--yes");
        const told = await outputs();
        assert.deepEqual(told.dataSource, { name: "fedora", namespace: "default" });
        assert.equal(startOf(told.disk), hashOf(diskOf(40)));
        assert.match(await pulumi("up", "--yes"), /2 unchanged/);
        const { code, out } = await run(
            process.execPath,
            [path.join(clone, "bin", "bootsource.cjs"), "status", "--store", path.join(project!.directory, "store")],
            clone,
        );
        assert.equal(code, 0);
        assert.match(out, /fedora +.*up to date/);
    });

    it("reviewed-updates: a preview shows the digest, the update does it, a pin goes back", async () => {
        await push("fedora", "42", 41);
        await open("reviewed-updates");
        await pulumi("up", "--yes");
        await push("fedora", "42", 42);
        const preview = await pulumi("preview", "--diff");
        assert.ok(preview.includes(digestOf(imageOf(41))) && preview.includes(digestOf(imageOf(42))), preview);
        await push("fedora", "42", 43);
        await pulumi("up", "--yes", "--skip-preview");
        assert.equal((await outputs()).digest, digestOf(imageOf(42)), "what was shown is what is done");
        await pulumi("config", "set", "fedoraPin", digestOf(imageOf(41)));
        assert.match(await pulumi("preview"), /points boot source default\/fedora to the kept import/);
        await pulumi("up", "--yes");
        const { kept } = await outputs();
        assert.deepEqual(
            kept.map(({ digest, current }) => [digest, current]),
            [
                [digestOf(imageOf(41)), true],
                [digestOf(imageOf(42)), false],
            ],
        );
    });

    it("storage-default: another class is marked before the first one is cleared, and boot sources follow without a download [A37, A42]", async () => {
        await push("fedora", "42", 50);
        await push("debian", "13", 51);
        await open("storage-default");
        const classes = [
            { name: "plain", defaults: ["cluster"] },
            { name: "thin", snapshot: "overlay" },
        ];
        await pulumi("config", "set", "bootsource:storageClasses", JSON.stringify(classes));
        await pulumi("up", "--yes");
        assert.deepEqual((await outputs()).classes, ["plain", "plain"]);
        await pulumi("config", "set", "defaultClass", "thin");
        const preview = await pulumi("preview");
        assert.match(preview, /marks the storage class thin as the cluster's default/);
        assert.match(
            preview,
            /moves boot source default\/fedora from plain \(pvc\) to thin \(snapshot\) \(nothing to download\)/,
        );
        await pulumi("up", "--yes");
        await pulumi("refresh", "--yes");
        await pulumi("up", "--yes");
        const { formats, before } = await outputs();
        assert.deepEqual([formats, before], [["snapshot", "snapshot"], { cluster: [], virt: [] }]);
    });

    it("system-boot-sources: one of the platform's comes from the site's mirror, the others are off; then all are, and its image stays [A17, A18, A90, A91]", async () => {
        await push("fedora", "latest", 52);
        await open("system-boot-sources");
        await pulumi("up", "--yes");
        const { origins } = await outputs();
        assert.deepEqual(origins, {
            "centos-stream10-image-cron": "disabled",
            "centos-stream9-image-cron": "disabled",
            "fedora-image-cron": "overridden",
        });
        const disk = path.join(project!.directory, "store", "sources", "kubevirt-os-images", "fedora.img");
        assert.equal(startOf(disk), hashOf(diskOf(52)));
        const image = fs.realpathSync(disk);
        await pulumi("config", "set", "systemBootSources", "off");
        assert.match(await pulumi("preview"), /keeps image kubevirt-os-images\/fedora-[0-9a-f]{12} \(6 GiB\)/);
        await pulumi("up", "--yes");
        assert.deepEqual((await outputs()).dangling, ["fedora"]);
        assert.equal(startOf(image), hashOf(diskOf(52)), "the image is still there");
    });

    it("two-sites: one program, a store for each stack [A26]", async () => {
        await push("fedora", "42", 44);
        await push("centos-stream", "10", 45);
        await open("two-sites", "hamburg", "./hamburg");
        await open("two-sites", "tokyo", "./tokyo");
        for (const site of ["hamburg", "tokyo"]) await pulumi("up", "--yes", "--stack", site);
        const [hamburg, tokyo] = [await outputs("--stack", "hamburg"), await outputs("--stack", "tokyo")];
        assert.deepEqual(hamburg.digests, tokyo.digests);
        assert.ok(hamburg.disks[0]?.includes("/hamburg/") && tokyo.disks[0]?.includes("/tokyo/"));
        await pulumi("destroy", "--yes", "--stack", "hamburg");
        assert.equal(startOf(tokyo.disks[1] ?? ""), hashOf(diskOf(45)), "the other site is not touched");
    });

    it("catalog: one program and a stack file for each cluster, one of them without a way to the world [A17, A26, A91]", async () => {
        await push("fedora", "42", 48);
        await push("debian", "13", 49);
        await open("catalog", "office", "./office");
        await open("catalog", "ship", "./ship");
        assert.match(await pulumi("preview", "--stack", "office"), /marks the storage class thin/);
        for (const site of ["office", "ship"]) await pulumi("up", "--yes", "--stack", site);
        const [office, ship] = [await outputs("--stack", "office"), await outputs("--stack", "ship")];
        const formats = Object.entries(office.entries).map(([name, { sourceFormat }]) => [name, sourceFormat]);
        assert.deepEqual(formats, [
            ["debian", "snapshot"],
            ["fedora", "snapshot"],
        ]);
        assert.deepEqual(Object.keys(ship.dataSources), ["fedora"]);
        assert.equal(
            startOf(path.join(project!.directory, "ship", "sources", "default", "fedora.img")),
            hashOf(diskOf(48)),
        );
        for (const site of ["office", "ship"])
            assert.match(await pulumi("up", "--yes", "--stack", site), /unchanged/, "nothing is left to do");
    });

    it("golden-build: each build becomes current, and those before it stay", async () => {
        await open("golden-build");
        const build = path.join(project!.directory, "golden.qcow2");
        fs.writeFileSync(build, diskOf(46));
        await pulumi("up", "--yes");
        fs.writeFileSync(build, diskOf(47));
        await pulumi("up", "--yes");
        const { disk, kept } = await outputs();
        assert.equal(sha256Of(disk), hashOf(diskOf(47)));
        assert.equal(kept.length, 2);
        assert.match(await pulumi("up", "--yes"), /2 unchanged/);
    });

    it("thin-clone: a machine boots from a thin clone of a snapshot, which stays while the clone does", async function () {
        const qemu = requireTool(this, "qemu-system-x86_64");
        const hello = fs.readFileSync(path.join(clone, "examples", "quickstart", "image", "hello.qcow2"));
        const reference = await registry.push("guest", "latest", makeContainerdisk(hello));
        await open("thin-clone");
        await pulumi("config", "set", "image", reference);
        const classes = "bootsource:storageClasses[0]";
        await pulumi("config", "set", "--path", `${classes}.name`, "thin");
        await pulumi("config", "set", "--path", `${classes}.snapshot`, "overlay");
        await pulumi("config", "set", "--path", `${classes}.dataImportCronSourceFormat`, "snapshot");
        await pulumi("config", "set", "--path", `${classes}.defaults[0]`, "cluster");
        await pulumi("up", "--yes");
        assert.equal((await outputs()).format, "snapshot");
        const { directory } = project!;
        const machine = path.join(directory, "machine-1.qcow2");
        const args = ["clone", "guest", machine, "--store", path.join(directory, "store")];
        const cloned = await run(process.execPath, [path.join(clone, "bin", "bootsource.cjs"), ...args], directory);
        assert.equal(cloned.code, 0, cloned.err);
        assert.ok(fs.statSync(machine).size < 1 << 20, "it holds no byte of the image");
        const boot = spawn(qemu, ["-nographic", "-m", "64", "-drive", `file=${machine},format=qcow2`], {
            stdio: ["ignore", "pipe", "inherit"],
            timeout: 120_000,
            killSignal: "SIGKILL",
        });
        let said = "";
        for await (const chunk of boot.stdout) {
            said += String(chunk);
            if (said.includes("Hello from pulumi-bootsource (on the serial port)")) boot.kill("SIGKILL");
        }
        assert.match(said, /Hello from pulumi-bootsource \(on the serial port\)/);
    });
});
