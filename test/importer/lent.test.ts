// Memory that threads share: used again when all have given it back, and not a moment sooner.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { giveBack, keep, lend, lentBytes, LentCopies, lentMemory, LentRoom } from "../../provider/importer/lent.js";
import { BackgroundHash } from "../../provider/importer/background-hash.js";
import { createRawFile } from "../../provider/importer/target/raw-file.js";
import { makeDisk, seededRandom } from "../images/disk.js";
import { Workspace } from "./workspace.js";

describe("lent memory", () => {
    it("is lent again only when the last who keeps a chunk of it has given it back", () => {
        const memory = lend();
        const chunk = memory.bytes.subarray(10, 20);
        assert.equal(keep(chunk), chunk, "no copy");
        memory.giveBack();
        assert.notEqual(lend(), memory);
        giveBack(chunk);
        assert.equal(lend(), memory);
    });

    it("that comes back in a burst is lent again, all of it: parts are read side by side, and written one behind the other", () => {
        const other = lend();
        const first = Array.from({ length: 100 }, lend);
        for (const memory of first) memory.giveBack();
        const second = Array.from({ length: 100 }, lend);
        assert.ok(second.every((memory) => first.includes(memory)));
        for (const memory of [...second, other]) memory.giveBack();
    });

    it("that is given back twice is a mistake that shows", () => {
        const memory = lend();
        memory.giveBack();
        assert.throws(() => {
            memory.giveBack();
        }, /more often/);
        // Nobody gets it before it is in order again.
        memory.keep();
        lend();
    });

    it("is not that of others: their chunks are copied to be kept", () => {
        const chunk = Uint8Array.of(1, 2, 3);
        const kept = keep(chunk);
        chunk.fill(0);
        assert.deepEqual([...kept], [1, 2, 3]);
        assert.equal(lentMemory(chunk), undefined);
        giveBack(kept);
    });

    it("takes chunks one behind the other, and each stays as it was", () => {
        const copies = new LentCopies();
        const random = seededRandom(3);
        const kept: { readonly copy: Uint8Array; readonly value: number }[] = [];
        for (let value = 0; value < 200; value += 1) {
            const chunk = new Uint8Array(1 + (random() % 100_000)).fill(value);
            const copy = copies.copy(chunk);
            assert.notEqual(lentMemory(copy), undefined);
            assert.equal(copy.length, chunk.length);
            chunk.fill(255);
            kept.push({ copy, value });
            // Some are given back before others that lie beside them.
            if (random() % 2 === 0) giveBack(kept.splice(random() % kept.length, 1)[0]?.copy ?? chunk);
        }
        for (const { copy, value } of kept) assert.ok(copy.every((byte) => byte === value));
        const own = lend().bytes.subarray(0, 5);
        assert.equal(copies.copy(own), own, "what is lent already is not copied");
        const long = new Uint8Array(lentBytes + 1).fill(7);
        assert.deepEqual(copies.copy(long), long);
        assert.equal(lentMemory(copies.copy(long)), undefined);
    });

    it("is filled from one end to the other, and left where too little of it is free", () => {
        const filled = new LentRoom();
        const first = filled.room(1000);
        assert.equal(first.length, lentBytes);
        const chunk = keep(filled.take(lentBytes - 1000).fill(1));
        assert.equal(filled.room(1000).byteOffset, chunk.length, "just as much as is wanted");
        assert.equal(filled.take(10).byteOffset, chunk.length, "one behind the other");
        const second = filled.room(1000);
        assert.notEqual(second.buffer, first.buffer);
        second.fill(2);
        assert.ok(
            chunk.every((byte) => byte === 1),
            "what is kept stays as it was",
        );
        giveBack(chunk);
        filled.giveBack();
        assert.equal(lend().memory, second.buffer, "the one that was given back last");
        assert.equal(lend().memory, first.buffer);
    });

    it("is hashed where it lies, between chunks that are copied, and is not lent meanwhile", async () => {
        const hash = new BackgroundHash();
        const expected = createHash("sha256");
        const random = seededRandom(5);
        try {
            for (let round = 0; round < 60; round += 1) {
                const memory = lend();
                const length = [100, 70_000, lentBytes][random() % 3] ?? 1;
                const chunk = memory.bytes.subarray(lentBytes - length).fill(random() % 256);
                expected.update(chunk);
                await hash.update(chunk);
                // Whoever is lent it next writes into it at once.
                memory.giveBack();
                const next = lend();
                next.bytes.fill(0xee);
                next.giveBack();
            }
            assert.equal(await hash.digest(), expected.digest("hex"));
        } finally {
            hash.close();
        }
    });

    it("is written from where it lies, and is not lent meanwhile", async () => {
        const disk = makeDisk(30_000_000, { seed: 73 });
        const space = new Workspace();
        try {
            const path = join(space.path, "disk");
            const target = await createRawFile(path, { keepZeros: false });
            for (let at = 0; at < disk.length; at += lentBytes) {
                const part = disk.subarray(at, at + lentBytes);
                const memory = lend();
                const chunk = memory.bytes.subarray(0, part.length);
                chunk.set(part);
                const lengths = { sourceLength: part.length, guestLength: part.length, decodedLength: part.length };
                await target.place(chunk, [{ at: 0, guestOffset: at, encoding: "plain", ...lengths }]);
                memory.giveBack();
                const next = lend();
                next.bytes.fill(0xee);
                next.giveBack();
            }
            await target.finish(disk.length);
            assert.ok(readFileSync(path).equals(disk));
        } finally {
            space.remove();
        }
    });
});
