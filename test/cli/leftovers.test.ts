// A command that is killed leaves a hidden file; the next one to the same target removes it, and nothing that is not dead.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDisk } from "../images/disk.js";
import { Workspace, sha256 } from "../importer/workspace.js";
import { startImageServer, type ImageServer } from "../servers/image-server.js";
import { runCommand } from "./run-command.js";

describe("bootsource import, after a kill", () => {
    const disk = makeDisk(9_000_000, { seed: 57 });
    let server: ImageServer;
    let space: Workspace;
    beforeEach(async () => {
        server = await startImageServer();
        space = new Workspace();
    });
    afterEach(async () => {
        await server.close();
        space.remove();
    });

    /** Starts an import that stands still halfway, and calls back with its process once it does. */
    function halfway(target: string, then: (child: ChildProcess) => void): Promise<{ code: number | null }> {
        const url = server.serve("/slow", { bytes: disk, etag: '"one"', stalls: [5_000_000] });
        const before = server.silent.times;
        return runCommand(["import", url, target], (child) => {
            const waiting = setInterval(() => {
                if (server.silent.times === before) return;
                clearInterval(waiting);
                then(child);
            }, 10);
        });
    }
    const kill = (child: ChildProcess): void => void child.kill("SIGKILL");
    const partials = (): string[] => space.left().filter((name) => name.endsWith(".partial"));

    it("finds the way free: what was left is gone, and the disk is whole", async () => {
        await halfway(space.target, kill);
        assert.equal(partials().length, 1);
        assert.match(partials()[0] ?? "", /^\.disk\.img\.[0-9a-f]{8}\.\d+\.[0-9a-f]{12}\.partial$/);
        const url = server.serve("/image", { bytes: disk, etag: '"one"' });
        assert.equal((await runCommand(["import", url, space.target])).code, 0);
        assert.deepEqual(space.left(), ["disk.img"]);
        assert.equal(sha256(space.target), sha256(disk));
    });

    it("removes what was left although the import fails, and even by a target with a long name", async () => {
        const target = join(dirname(space.target), `${"long".repeat(60)}.img`);
        await halfway(target, kill);
        assert.equal(partials().length, 1);
        assert.equal((await runCommand(["import", `${server.url}/missing`, target])).code, 1);
        assert.deepEqual(space.left(), []);
    });

    it("keeps the files of living processes, of other targets, of other machines, and what only looks alike", async () => {
        await halfway(`${space.target}.other`, kill);
        const foreign = (partials()[0] ?? "").replace(/^\.disk\.img\.other\.[0-9a-f]{8}/, ".disk.img.00000000");
        const mine = (partials()[0] ?? "").replace(".disk.img.other.", ".disk.img.");
        writeFileSync(join(dirname(space.target), foreign), "of another machine");
        writeFileSync(join(dirname(space.target), mine.replace(".partial", ".partial.bak")), "looks alike");
        const kept = space.left();
        let alive: string | undefined;
        let ended: { code: number | null; left: string[] } | undefined;
        await halfway(space.target, (child) => {
            alive = partials().find((name) => !kept.includes(name));
            const url = server.serve("/image", { bytes: disk, etag: '"one"' });
            void runCommand(["import", url, space.target]).then(({ code }) => {
                ended = { code, left: space.left() };
                child.kill("SIGTERM");
            });
        });
        assert.equal(ended?.code, 0);
        assert.ok(alive !== undefined && ended.left.includes(alive));
        assert.ok(alive.includes(".disk.img."));
        assert.deepEqual(space.left(), [...kept, "disk.img"].sort());
    });

    it("is not deceived by a dead process that had its own number, as it has in every container", async () => {
        await halfway(space.target, kill);
        const left = partials()[0] ?? "";
        const numbered = left.replace(/\.\d+\.([0-9a-f]{12})/, `.${process.pid}.$1`);
        renameSync(join(dirname(space.target), left), join(dirname(space.target), numbered));
        const source = { kind: "file", path: space.write("image", disk) } as const;
        await space.import({ source });
        assert.deepEqual(space.left(), ["disk.img"]);
    });
});
