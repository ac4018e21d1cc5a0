// Locks: one holder at a time, in this process and between processes, and none that outlives its holder.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { sweepLocks, tryLock } from "../../provider/embedded/lock.js";

describe("a lock", () => {
    let directory: string;
    let file: string;
    beforeEach(() => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-lock-"));
        file = path.join(directory, "partial", "object.lock");
    });
    afterEach(() => {
        rmSync(directory, { recursive: true, force: true });
    });

    it("has one holder in a process, and is free again once released", () => {
        const lock = tryLock(file);
        assert.ok(lock);
        assert.equal(tryLock(file), undefined, "the second one is told that it is taken");
        lock.release();
        const again = tryLock(file);
        assert.ok(again);
        again.release({ remove: true });
        again.release();
        assert.equal(existsSync(file), false, "released for good, the file is gone");
    });

    it("that nobody holds any more is swept away, and one that is held stays", () => {
        sweepLocks(path.dirname(file));
        const left = path.join(path.dirname(file), "left.lock");
        tryLock(left)?.release();
        const held = tryLock(file);
        sweepLocks(path.dirname(file));
        assert.deepEqual([existsSync(left), existsSync(file)], [false, true]);
        assert.equal(tryLock(file), undefined, "it is held as before");
        held?.release({ remove: true });
    });

    it("is freed at once by kill -9 of its holder", async () => {
        const script = `require(${JSON.stringify(require.resolve("../../provider/embedded/lock.js"))}).tryLock(process.argv[1]);
            console.log("held"); setInterval(() => 0, 1e6);`;
        const holder = spawn(process.execPath, ["-e", script, file], { stdio: ["ignore", "pipe", "ignore"] });
        await once(holder.stdout, "data");
        assert.equal(tryLock(file), undefined, "another process holds it");
        holder.kill("SIGKILL");
        await once(holder, "exit");
        const lock = tryLock(file);
        assert.ok(lock, "the kernel let go of it");
        lock.release();
    });

    it("guards nothing through a file that its holder removed", () => {
        const first = tryLock(file);
        first?.release({ remove: true });
        const second = tryLock(file);
        assert.ok(second, "a new file is a new lock");
        assert.equal(tryLock(file), undefined);
        second.release({ remove: true });
    });

    it("has one holder among many processes that take it, let go and remove it as fast as they can", async function () {
        this.timeout(20_000);
        const script = `
            const { tryLock } = require(${JSON.stringify(require.resolve("../../provider/embedded/lock.js"))});
            const fs = require("node:fs");
            const [file, mark] = process.argv.slice(1);
            let held = 0;
            const step = (until) => {
                const lock = tryLock(file);
                if (lock !== undefined) {
                    held += 1;
                    fs.writeFileSync(mark, "", { flag: "wx" });
                    setTimeout(() => { fs.rmSync(mark); lock.release({ remove: true }); }, Math.random() * 2);
                }
                if (Date.now() < until) setTimeout(step, Math.random() * 3, until);
            };
            step(Date.now() + 2_000);
            process.on("exit", () => console.log(held));`;
        const mark = path.join(directory, "held");
        const ended = Array.from({ length: 6 }, async () => {
            const child = spawn(process.execPath, ["-e", script, file, mark]);
            let said = "";
            for (const stream of [child.stdout, child.stderr])
                stream.on("data", (chunk: Buffer) => (said += String(chunk)));
            await once(child, "close");
            return said.trim();
        });
        for (const said of await Promise.all(ended)) assert.match(said, /^[1-9]\d*$/);
        assert.equal(existsSync(`${file}-journal`), false);
    });
});
