// The lock between two set-ups: one at a time, and a holder that was killed blocks nobody.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clone, loadSetup, Sandbox } from "./sandbox";

const { withLock } = loadSetup("lock") as {
    withLock: <T>(
        directory: string,
        body: (workerIs: (pid: number) => void) => Promise<T>,
        waiting?: () => void,
    ) => Promise<T>;
};

describe("the set-up's lock", () => {
    let sandbox: Sandbox;
    let lock: string;
    beforeEach(() => {
        sandbox = new Sandbox();
        lock = path.join(sandbox.root, "lock");
    });
    afterEach(() => {
        sandbox.remove();
    });

    it("lets one in at a time, also when many come at once", async () => {
        let inside = 0;
        let most = 0;
        const visit = () =>
            withLock(lock, async () => {
                most = Math.max(most, ++inside);
                await new Promise((resolve) => setImmediate(resolve));
                inside--;
            });
        await Promise.all([1, 2, 3, 4, 5].map(visit));
        assert.equal(most, 1);
        assert.deepEqual(fs.readdirSync(lock), []);
    });

    it("is free again at once when its holder was killed", async () => {
        const hold = `require(${JSON.stringify(path.join(clone, "tools/setup/lock.cjs"))})
            .withLock(${JSON.stringify(lock)}, () => new Promise(() => console.log("held") || setInterval(() => {}, 1000)))`;
        const holder = spawn(process.execPath, ["-e", hold], { stdio: ["ignore", "pipe", "inherit"] });
        await once(holder.stdout, "data");
        holder.kill("SIGKILL");
        await once(holder, "exit");
        assert.equal(fs.readdirSync(lock).length, 1, "a killed holder leaves its file");
        assert.equal(await withLock(lock, async () => "mine"), "mine");
    });

    it("is not held by a number that another process has now", async () => {
        fs.mkdirSync(lock);
        const left = path.join(lock, [os.hostname(), process.pid, "left"].join("~"));
        fs.writeFileSync(left, "");
        fs.utimesSync(left, 0, 0); // its holder's last sign of life was long ago
        assert.equal(await withLock(lock, async () => "mine"), "mine");
    });

    it("is held by the work of a killed holder until that ends", async () => {
        const hold = `require(${JSON.stringify(path.join(clone, "tools/setup/lock.cjs"))})
            .withLock(${JSON.stringify(lock)}, (workerIs) => new Promise(() => {
                const worker = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
                workerIs(worker.pid);
                console.log(worker.pid);
            }))`;
        const holder = spawn(process.execPath, ["-e", hold], { stdio: ["ignore", "pipe", "inherit"] });
        const [worker] = (await once(holder.stdout, "data")) as [Buffer];
        holder.kill("SIGKILL");
        await once(holder, "exit");
        let waited = false;
        const mine = withLock(
            lock,
            async () => waited,
            () => {
                waited = true;
                process.kill(Number(worker), "SIGKILL");
            },
        );
        assert.equal(await mine, true);
    });

    it("says once that it waits, and lets go when the work fails", async () => {
        const said: string[] = [];
        let release = (): void => undefined;
        const first = withLock(lock, () => new Promise<void>((resolve) => (release = resolve)));
        const second = withLock(
            lock,
            () => Promise.reject(new Error("broken")),
            () => {
                said.push("waiting");
                release();
            },
        );
        await first;
        await assert.rejects(second, /broken/);
        assert.deepEqual(said, ["waiting"]);
        assert.deepEqual(fs.readdirSync(lock), []);
    });
});
