// What dead imports left in a store: one disk is kept to go on with, nothing of it for longer than it is wanted.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clearLeftovers, keepLastLeftover } from "../../provider/embedded/leftovers.js";

describe("leftovers in a store", () => {
    let store: string;
    beforeEach(() => {
        store = mkdtempSync(join(tmpdir(), "bootsource-leftovers-"));
        mkdirSync(join(store, "partial"));
    });
    afterEach(() => {
        rmSync(store, { recursive: true, force: true });
    });
    const leave = (...names: string[]): void => {
        for (const name of names) writeFileSync(join(store, "partial", name), "");
    };
    const left = (): string[] => readdirSync(join(store, "partial")).sort();

    it("are removed but for the last disk with a journal, because no other can be gone on with", async () => {
        leave("a-9.img", "a-9.img.journal", "a-10.img", "a-10.img.journal", "a-11.img", "a-12.img.journal");
        mkdirSync(join(store, "partial", "a-8.img"));
        assert.equal(await keepLastLeftover([join(store, "partial")], "a"), join(store, "partial", "a-10.img"));
        assert.deepEqual(left(), ["a-10.img", "a-10.img.journal"]);
    });

    it("of other objects, and locks, are nobody's leftovers", async () => {
        leave("a-1.img", "a.lock", "b-1.img", "b-1.img.journal");
        assert.equal(await keepLastLeftover([join(store, "partial")], "a"), undefined);
        assert.deepEqual(left(), ["a.lock", "b-1.img", "b-1.img.journal"]);
    });

    it("go all together when their object goes, or when another disk was staged", async () => {
        leave("a-1.img", "a-1.img.journal", "a-2.img");
        await clearLeftovers([join(store, "partial")], "a", join(store, "partial", "a-2.img"));
        assert.deepEqual(left(), ["a-2.img"]);
        await clearLeftovers([join(store, "partial")], "a");
        assert.deepEqual(left(), []);
    });

    it("are none where nothing was ever imported", async () => {
        rmSync(join(store, "partial"), { recursive: true });
        assert.equal(await keepLastLeftover([join(store, "partial")], "a"), undefined);
    });
});
