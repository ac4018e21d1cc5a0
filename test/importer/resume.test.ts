// What a killed run brought is not brought again; and it is never believed where anything speaks against it. Here the disk and
// the journal of a run under way are copied as a kill would leave them; real kills are in test/kills.
import assert from "node:assert/strict";
import { appendFileSync, chmodSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ImportRequest } from "../../provider/importer/contract.js";
import { journalPath } from "../../provider/importer/journal.js";
import { startPartial } from "../../provider/importer/partial.js";
import { stageImage } from "../../provider/importer/stage.js";
import { systemClock, type Clock } from "../../provider/model/clock.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { startImageServer, type Behaviour, type ImageServer } from "../servers/image-server.js";
import { sha256, Workspace } from "./workspace.js";

const half = 8_000_000;

/** A clock by which some seconds go by whenever somebody looks at it. */
function hasty(): Clock {
    let now = 0;
    return { now: () => (now += 2500), sleep: (milliseconds, signal) => systemClock.sleep(milliseconds, signal) };
}

describe("an import after a kill", () => {
    const disk = makeDisk(12_000_003, { seed: 61 });
    const other = makeDisk(12_000_003, { seed: 62 });
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

    const at = (name: string): string => join(space.path, name);
    const request = (behaviour: Partial<Behaviour>, more: Partial<ImportRequest> = {}): ImportRequest => ({
        source: { kind: "http", url: server.serve("/image", { bytes: disk, etag: '"one"', ...behaviour }) },
        clock: hasty(),
        signal: new AbortController().signal,
        ...more,
    });

    /** Brings half of an image and leaves it as a kill would: returns the bytes of which the journal says that they are there. */
    const killed = async (left: string, behaviour: Partial<Behaviour> = {}): Promise<number> => {
        const controller = new AbortController();
        const path = at("first");
        const half = request({ stalls: [8_000_000], ...behaviour }, { signal: controller.signal });
        const running = stageImage(path, half);
        running.catch(() => undefined);
        const line = (): string => {
            try {
                return readFileSync(journalPath(path), "utf8");
            } catch {
                return "";
            }
        };
        const reached = (): number => Number(line().split(" ")[3] ?? 0);
        while (server.silent.times === 0 || reached() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        copyFileSync(path, left);
        copyFileSync(journalPath(path), journalPath(left));
        controller.abort();
        await assert.rejects(running, { code: "cancelled" });
        assert.deepEqual(space.beside().sort(), ["left", "left.journal", "target"]);
        server.sent.bytes = 0;
        server.asked.length = 0;
        return Number(readFileSync(journalPath(left), "utf8").split(" ")[3]);
    };
    /** Stages again; says how many bytes of the image were sent for that. */
    const again = async (behaviour: Partial<Behaviour> = {}, more: Partial<ImportRequest> = {}): Promise<number> => {
        const { bytes = disk } = behaviour;
        const { digest } = await stageImage(at("second"), request(behaviour, more), { leftover: at("left") });
        assert.equal(digest, `sha256:${sha256(bytes)}`);
        assert.equal(sha256(at("second")), sha256(bytes));
        assert.deepEqual(space.beside().sort(), ["second", "target"]);
        return server.sent.bytes;
    };
    /** What is read ahead of every import, to see what it is. */
    const head = 3 * 65_536;

    it("asks for the missing part alone, and hashes what is there", async () => {
        const reached = await killed(at("left"));
        assert.ok(reached > 0 && reached <= half);
        const sent = await again();
        assert.ok(sent <= disk.length - reached + head, `${sent} bytes were sent, ${reached} were there`);
        const last = server.asked.at(-1);
        assert.equal(last?.headers.range, `bytes=${reached}-${disk.length - 1}`);
    });

    it("verifies the checksum over both parts", async () => {
        await killed(at("left"));
        const checksum = { algorithm: "sha256", hex: sha256(other) } as const;
        const wrong = stageImage(at("second"), request({}, { checksum }), { leftover: at("left") });
        await assert.rejects(wrong, { code: "checksum-mismatch" });
        assert.deepEqual(space.beside(), ["target"]);
    });

    for (const { reason, spoil } of [
        {
            reason: "the journal is damaged",
            spoil: (left: string) => {
                appendFileSync(journalPath(left), "x");
            },
        },
        {
            reason: "the journal is empty",
            spoil: (left: string) => {
                truncateSync(journalPath(left), 0);
            },
        },
        {
            reason: "the journal says more than was written by us",
            spoil: (left: string) => {
                const line = readFileSync(journalPath(left), "utf8");
                writeFileSync(journalPath(left), line.replace(/ \d{16} /, ` ${String(11_000_000).padStart(16, "0")} `));
            },
        },
        {
            reason: "the disk is shorter than the journal says",
            spoil: (left: string) => {
                truncateSync(left, 1000);
            },
        },
        {
            reason: "others could have written to the disk",
            spoil: (left: string) => {
                chmodSync(left, 0o666);
            },
        },
        {
            reason: "others could have written the journal",
            spoil: (left: string) => {
                chmodSync(journalPath(left), 0o666);
            },
        },
    ]) {
        it(`begins anew where ${reason}`, async () => {
            await killed(at("left"));
            spoil(at("left"));
            assert.ok((await again()) >= disk.length);
        });
    }

    it("begins anew where the source holds something else by now, or zeros are to be written", async () => {
        await killed(at("left"));
        assert.ok((await again({ bytes: other, etag: '"two"' })) >= other.length);
        space.remove();
        space = new Workspace();
        server.silent.times = 0;
        await killed(at("left"));
        assert.ok((await again({}, { preallocate: true })) >= disk.length);
    });

    it("reads the whole once more where the server gives no parts any more", async () => {
        await killed(at("left"));
        assert.ok((await again({ ranges: "claimed" })) >= disk.length);
    });

    it("notices that the image was replaced after it was found to be the same", async () => {
        await killed(at("left"));
        const replaced = request({ later: { after: 1, bytes: other, etag: '"two"' } });
        await assert.rejects(stageImage(at("second"), replaced, { leftover: at("left") }), { code: "source-changed" });
        assert.deepEqual(space.beside(), ["target"]);
    });

    it("keeps what is there as long as the source cannot be reached, and not where it never will be", async () => {
        await killed(at("left"));
        const failures = (status: number) => Array.from({ length: 20 }, () => ({ status }));
        const down = stageImage(at("second"), request({ head: 503, failures: failures(503) }), {
            leftover: at("left"),
            attempts: 1,
        });
        await assert.rejects(down, { code: "unreachable" });
        assert.deepEqual(space.beside().sort(), ["left", "left.journal", "target"]);
        const gone = stageImage(at("second"), request({ head: 404, failures: failures(404) }), {
            leftover: at("left"),
        });
        await assert.rejects(gone, { code: "not-found" });
        assert.deepEqual(space.beside(), ["target"]);
    });

    it("keeps no journal of what cannot be gone on with: other formats, compressions, no strong version", async () => {
        for (const behaviour of [
            { bytes: makeQcow2(disk) },
            { bytes: gzipSync(disk, { level: 1 }) },
            { etag: 'W/"weak"' },
            { ranges: false },
        ]) {
            let seen = false;
            const progress = (): void => {
                seen ||= space.beside().some((name) => name.endsWith(".journal"));
            };
            await stageImage(at("second"), request(behaviour, { progress }));
            assert.equal(seen, false, Object.keys(behaviour).join());
            space.remove();
            space = new Workspace();
        }
    });

    it("to a target finds what a dead process left beside it, and takes the last of several", async () => {
        const reached = await killed(at("left"));
        const partial = await startPartial(space.target);
        partial.end();
        // No process has a number so high.
        const dead = partial.path.replace(`.${process.pid}.`, ".4194304.");
        for (const name of [dead, dead.replace(/[0-9a-f]{12}\.partial$/, "000000000000.partial")]) {
            copyFileSync(at("left"), name);
            copyFileSync(journalPath(at("left")), journalPath(name));
        }
        writeFileSync(dead.replace(/[0-9a-f]{12}\.partial$/, "111111111111.partial"), "no journal");
        await space.import(request({}));
        assert.equal(sha256(space.target), sha256(disk));
        assert.deepEqual(space.left(), ["disk.img"]);
        const last = server.asked.at(-1);
        assert.equal(last?.headers.range, `bytes=${reached}-${disk.length - 1}`);
    });
});
