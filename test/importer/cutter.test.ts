// Pieces cut out of a stream: each with its own bytes, whether they were copied or are written from where they lie.
import assert from "node:assert/strict";
import type { Piece, Placed, Target } from "../../provider/importer/contract.js";
import { Cutter } from "../../provider/importer/cutter.js";
import { piecesOf } from "../../provider/importer/feed.js";
import { lend, lentBytes, lentMemory, type LentMemory } from "../../provider/importer/lent.js";
import { makeDisk, seededRandom } from "../images/disk.js";

const sector = 512;

/** Takes what it is given, and keeps for each guest offset a copy of the bytes that were placed there. */
class Notes implements Target {
    readonly placed: { readonly guest: number; readonly bytes: Buffer }[] = [];
    inPlace = 0;

    buffer(minimum: number): Promise<Uint8Array> {
        return Promise.resolve(new Uint8Array(Math.max(minimum, 200_000)));
    }

    place(buffer: Uint8Array, pieces: readonly Placed[]): Promise<void> {
        if (lentMemory(buffer) !== undefined) this.inPlace += pieces.length;
        for (const { at, sourceLength, guestOffset } of pieces) {
            this.placed.push({ guest: guestOffset, bytes: Buffer.from(buffer.subarray(at, at + sourceLength)) });
        }
        return Promise.resolve();
    }

    finish = (): Promise<void> => Promise.resolve();
    abort = (): Promise<void> => Promise.resolve();
}

/** Pieces as qemu-img lays them out, and worse: gaps, long and short plain ones, compressed ones that share a sector. */
function layOut(random: () => number, size: number): Piece[] {
    const pieces: Piece[] = [];
    for (let at = 0, guest = 0; ; guest += 2 ** 20) {
        const compressed = random() % 3 > 0;
        const length = compressed
            ? sector * (1 + (random() % 200))
            : sector * (1 + (random() % (random() % 2 ? 900 : 20)));
        if (at + length > size) return pieces;
        const encoding = compressed ? "zlib" : "plain";
        pieces.push({
            sourceOffset: at,
            sourceLength: length,
            guestOffset: guest,
            guestLength: length,
            decodedLength: length,
            encoding,
        });
        at += length;
        const shares = compressed && random() % 2 === 0;
        // Only another compressed piece begins where the last one ends; it is made so below.
        if (shares) {
            const next = sector * (1 + (random() % 100));
            const from = at - sector + (random() % sector);
            if (from + next > size) return pieces;
            guest += 2 ** 20;
            const rest = { guestOffset: guest, guestLength: next, decodedLength: next, encoding: "zlib" } as const;
            pieces.push({ sourceOffset: from, sourceLength: next, ...rest });
            at = Math.ceil((from + next) / sector) * sector;
        }
        if (random() % 4 === 0) at += sector * (random() % 300);
    }
}

describe("the pieces of a stream", () => {
    const bytes = makeDisk(6_000_000, { seed: 71 });

    for (const how of ["copied", "in place", "both"] as const) {
        it(`have their bytes, whatever the chunks that they come in: ${how}`, async () => {
            for (let seed = 1; seed <= 40; seed += 1) {
                const random = seededRandom(seed);
                const pieces = layOut(random, bytes.length);
                const target = new Notes();
                const cutter = new Cutter(piecesOf(pieces), target);
                const most = [3000, 100_000, lentBytes][seed % 3] ?? 1;
                for (let at = 0; at < bytes.length;) {
                    const part = bytes.subarray(at, at + 1 + (random() % most));
                    const memory: LentMemory | undefined =
                        how === "in place" || (how === "both" && random() % 2 === 0) ? lend() : undefined;
                    const chunk = memory?.bytes.subarray(0, part.length) ?? new Uint8Array(part.length);
                    chunk.set(part);
                    await cutter.take(chunk);
                    // Good only until the next is asked for: what is needed later was kept or copied.
                    chunk.fill(0xee);
                    memory?.giveBack();
                    at += part.length;
                }
                assert.equal(await cutter.finish(), undefined);
                if (most > 3000) assert.equal(target.inPlace > 0, how !== "copied");
                check(target, pieces);
            }
        });
    }

    it("are written in their order where they are plain, so that all before a place is there", async () => {
        const length = bytes.length;
        const piece = {
            sourceOffset: 0,
            guestOffset: 0,
            sourceLength: length,
            guestLength: length,
            decodedLength: length,
        };
        const target = new Notes();
        const cutter = new Cutter(piecesOf([{ ...piece, encoding: "plain" }]), target);
        const random = seededRandom(9);
        for (let at = 0; at < length;) {
            const part = bytes.subarray(at, at + (random() % 2 === 0 ? 1000 : 200_000));
            const memory = lend();
            const chunk = memory.bytes.subarray(0, part.length);
            chunk.set(part);
            await cutter.take(chunk);
            memory.giveBack();
            at += part.length;
        }
        await cutter.finish();
        let reached = 0;
        for (const { guest, bytes: placed } of target.placed) {
            assert.equal(guest, reached);
            reached += placed.length;
        }
        assert.equal(reached, length);
        assert.ok(Buffer.concat(target.placed.map((one) => one.bytes)).equals(bytes));
    });

    /** Plain pieces may have been placed in parts; compressed ones as a whole. */
    function check({ placed }: Notes, pieces: readonly Piece[]): void {
        const parts = [...placed].sort((left, right) => left.guest - right.guest);
        for (const { sourceOffset, sourceLength, guestOffset, encoding } of pieces) {
            const own: Buffer[] = [];
            for (let length = 0; length < sourceLength; length += own.at(-1)?.length ?? 0) {
                const next = parts.shift();
                assert.equal(next?.guest, guestOffset + length);
                own.push(next.bytes);
            }
            if (encoding !== "plain") assert.equal(own.length, 1);
            const expected = bytes.subarray(sourceOffset, sourceOffset + sourceLength);
            assert.ok(Buffer.concat(own).equals(expected), `the piece at ${sourceOffset}`);
        }
        assert.deepEqual(parts, []);
    }
});
