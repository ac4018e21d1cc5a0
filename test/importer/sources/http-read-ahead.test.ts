// Parts of an image that are read ahead: what nobody takes keeps no memory.
import assert from "node:assert/strict";
import type { Bytes } from "../../../provider/importer/contract.js";
import { lend, type LentMemory } from "../../../provider/importer/lent.js";
import { ReadAhead } from "../../../provider/importer/sources/http-read-ahead.js";

describe("a part that is read ahead", () => {
    const range = { offset: 0, length: 3 };
    let memories: LentMemory[];
    let goOn: () => void;
    /** As long as somebody has some, all memory that comes back is kept. */
    let held: LentMemory;
    beforeEach(() => {
        held = lend();
    });
    afterEach(() => {
        held.giveBack();
    });

    /** Three chunks, each in memory of its own; the last one comes when it is let go. */
    async function* chunks(): Bytes {
        const last = new Promise<void>((resolve) => (goOn = resolve));
        for (const number of [0, 1, 2]) {
            const memory = lend();
            memories.push(memory);
            if (number === 2) await last;
            try {
                yield memory.bytes.subarray(0, 1).fill(number);
            } finally {
                memory.giveBack();
            }
        }
    }
    const begin = (): ReadAhead => {
        memories = [];
        return new ReadAhead(range, new AbortController().signal, () => Promise.resolve(chunks()));
    };
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    /** Memory that came back last is lent first. */
    const areFree = (): boolean => {
        const lent = Array.from({ length: 100 }, lend);
        for (const one of lent) one.giveBack();
        return memories.every((memory) => lent.includes(memory));
    };

    it("gives its memory back as it is taken", async () => {
        const part = begin();
        await settled();
        goOn();
        const taken: number[] = [];
        for await (const chunk of part.bytes()) taken.push(...chunk);
        assert.deepEqual(taken, [0, 1, 2]);
        assert.ok(areFree());
    });

    it("gives back what its reader leaves: what has come, and what comes too late", async () => {
        const part = begin();
        await settled();
        for await (const chunk of part.bytes()) {
            assert.deepEqual([...chunk], [0]);
            break;
        }
        part.drop();
        goOn();
        await settled();
        assert.ok(areFree());
        assert.equal(part.reached, 1);
        assert.equal(ReadAhead.underWay, 0);
    });
});
