// bootsource clone: disks for machines, and images that stay for as long as something is built on them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { thinClonesIn } from "../../provider/model/thin-clones.js";
import { makeDisk } from "../images/disk.js";
import { requireTool } from "../tools.js";
import { useBootStore } from "./boot-store.js";

const images = [1, 2, 3].map((seed) => makeDisk(1 << 20, { seed: 70 + seed }));

describe("bootsource clone, of snapshots", function () {
    this.timeout(60_000);
    const store = useBootStore("overlay");
    const target = (name = "vm.qcow2"): string => join(store.stage.directory, name);
    const bring = async (image: number): Promise<string> => {
        store.publish("fedora", images[image] ?? new Uint8Array());
        const ended = await store.run("refresh");
        assert.equal(ended.code, 0, ended.stdout + ended.stderr);
        return store.current("fedora");
    };
    beforeEach(() => store.makeCron("fedora", { importsToKeep: 1 }));

    it("is thin by itself: small, built on the immutable image, as large as it is asked to be", async function () {
        const qemuImg = requireTool(this, "qemu-img");
        const image = await bring(0);
        const made = await store.run("clone", "fedora", target(), "--size", "3Mi", "--json");
        assert.equal(made.code, 0, made.stderr);
        assert.deepEqual(JSON.parse(made.stdout), { path: target(), format: "qcow2", size: 3 << 20, backing: image });
        execFileSync(qemuImg, ["check", target()]);
        execFileSync(qemuImg, ["convert", "-O", "raw", target(), target("whole.img")]);
        assert.deepEqual(readFileSync(target("whole.img")).subarray(0, 1 << 20), Buffer.from(images[0] ?? []));
        assert.ok(statSync(target()).size < 1 << 20);
    });

    it("keeps its image from garbage collection while it is there, and no longer", async () => {
        const old = await bring(0);
        assert.equal((await store.run("clone", "fedora", target())).code, 0);
        await bring(1);
        assert.ok(existsSync(old), "a thin clone is built on it");
        const at = { namespace: "default", name: old.split("/").at(-2) ?? "" };
        assert.deepEqual(await store.stage.cluster.usersOfSnapshot(at), [`the thin clone ${target()}`]);
        rmSync(target());
        assert.deepEqual(await store.stage.cluster.usersOfSnapshot(at), []);
        const now = await bring(2);
        assert.equal(existsSync(old), false, "nothing is built on it any more");
        assert.ok(existsSync(now));
    });

    it("is known by its place and its file: what is moved, or written anew under its name, is another one", async () => {
        const image = await bring(0);
        const at = { namespace: "default", name: image.split("/").at(-2) ?? "" };
        for (const name of ["moved", "replaced", "there"])
            assert.equal((await store.run("clone", "fedora", target(name))).code, 0);
        renameSync(target("moved"), target("elsewhere"));
        writeFileSync(target("new"), "another");
        renameSync(target("new"), target("replaced"));
        assert.deepEqual(await store.stage.cluster.usersOfSnapshot(at), [`the thin clone ${target("there")}`]);
        assert.equal((await store.run("clone", "fedora", target("more"))).code, 0);
        const snapshot = await store.stage.cluster.get("VolumeSnapshot", at);
        assert.deepEqual(
            thinClonesIn(snapshot?.metadata ?? {}).map(({ path }) => path),
            [target("there"), target("more")],
            "what is gone is forgotten with the next one",
        );
    });

    it("is in time or told so: a snapshot that is being deleted is not cloned, and one that was cloned since is not deleted", async () => {
        const image = await bring(0);
        const at = { namespace: "default", name: image.split("/").at(-2) ?? "" };
        const { cluster } = store.stage;
        const seen = await cluster.get("VolumeSnapshot", at);
        assert.equal((await store.run("clone", "fedora", target())).code, 0);
        const { uid = "", resourceVersion = "" } = seen?.metadata ?? {};
        await cluster.delete("VolumeSnapshot", at, { uid, resourceVersion });
        assert.ok(existsSync(image), "whoever deletes it has not seen the clone");
        const now = await cluster.get("VolumeSnapshot", at);
        await cluster.delete("VolumeSnapshot", at, { uid, resourceVersion: now?.metadata.resourceVersion ?? "" });
        assert.equal(existsSync(image), false);
        const late = await store.run("clone", at.name, target("late.qcow2"));
        assert.match(late.stderr, /^bootsource: missing-object: cannot clone /);
        assert.deepEqual(
            readdirSync(store.stage.directory).filter((name) => name.includes("late")),
            [],
        );
    });

    it("is full where that is asked for: raw, sparse, for its owner to write to", async () => {
        await bring(0);
        const made = await store.run("clone", "fedora", target("vm.img"), "--full", "--size", "64Mi");
        assert.match(made.stdout, /vm\.img: raw, 64 MiB, of the boot source default\/fedora, a raw disk of its own\n$/);
        const { size, mode, blocks } = statSync(target("vm.img"));
        assert.deepEqual([size, mode & 0o777, blocks * 512 < 2 << 20], [64 << 20, 0o600, true]);
        assert.deepEqual(readFileSync(target("vm.img")).subarray(0, 1 << 20), Buffer.from(images[0] ?? []));
    });
});

describe("bootsource clone, of claims", function () {
    this.timeout(60_000);
    const store = useBootStore("pvc");
    const target = (name: string): string => join(store.stage.directory, name);

    it("makes a full disk, and none that is built on a disk which may change", async () => {
        store.publish("fedora", images[0] ?? new Uint8Array());
        await store.makeCron("fedora");
        await store.run("refresh");
        assert.equal((await store.run("clone", "fedora", target("vm.img"))).code, 0);
        assert.deepEqual(readFileSync(target("vm.img")), Buffer.from(images[0] ?? []));
        const thin = await store.run("clone", "fedora", target("thin.qcow2"), "--thin");
        assert.match(thin.stderr, /invalid-argument: cannot make a thin clone of the boot source default\/fedora: /);
        const claim = (await store.current("fedora")).split("/").at(-2) ?? "";
        assert.equal((await store.run("clone", claim, target("of-claim.img"))).code, 0, "a claim by its name");
    });

    it("writes over nothing, grows and never shrinks, and says what is not there", async () => {
        store.publish("fedora", images[0] ?? new Uint8Array());
        await store.makeCron("fedora");
        const early = await store.run("clone", "fedora", target("vm.img"));
        assert.match(
            early.stderr,
            /missing-object: cannot clone fedora: no boot source, claim or snapshot has that name/,
        );
        await store.run("refresh");
        writeFileSync(target("mine.img"), "a machine's disk");
        const refused = await store.run("clone", "fedora", target("mine.img"));
        assert.match(refused.stderr, /already-exists: cannot clone to .*mine\.img: it is there already/);
        assert.equal(readFileSync(target("mine.img"), "utf8"), "a machine's disk");
        const small = await store.run("clone", "fedora", target("vm.img"), "--size", "512Ki");
        assert.match(small.stderr, /a clone can only be larger/);
        const wrong = await store.run("clone", "fedoar", target("vm.img"));
        assert.match(wrong.stderr, /perhaps fedora is meant/);
        assert.deepEqual(
            readdirSync(store.stage.directory).filter((name) => name.includes("vm.img")),
            [],
        );
    });
});
