// Progress: one scale for one import, which only goes forward, however often the image has to be read.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { Progress } from "../../provider/importer/contract.js";
import { ProgressScale } from "../../provider/importer/progress-scale.js";
import { systemClock } from "../../provider/model/clock.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { startImageServer, type Behaviour } from "../servers/image-server.js";
import { sha256, Workspace } from "./workspace.js";

describe("progress of an import", () => {
    const disk = makeDisk(24_000_000, { seed: 91, unit: 65_536 });
    const early = makeQcow2(disk);
    const late = makeQcow2(disk, { lateTables: true });
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    /** Everything that is told of an import, by a clock that is always later: every step is told. */
    async function told(bytes: Buffer, behaviour: Partial<Behaviour>): Promise<Progress[]> {
        const server = await startImageServer();
        let now = 0;
        const clock = { ...systemClock, now: () => (now += 1000) };
        const steps: Progress[] = [];
        try {
            const url = server.serve("/image", { bytes, etag: '"one"', ...behaviour });
            const source = { kind: "http", url } as const;
            await space.import({ source, clock, progress: (step) => steps.push(step) });
        } finally {
            await server.close();
        }
        assert.equal(sha256(space.target), sha256(disk));
        return steps;
    }

    for (const { reason, bytes, behaviour = {} } of [
        { reason: "read by ranges", bytes: early },
        { reason: "with late tables, read by ranges", bytes: late },
        { reason: "in gzip, read once", bytes: gzipSync(early, { level: 1 }) },
        { reason: "in gzip with late tables, read twice", bytes: gzipSync(late, { level: 1 }) },
        { reason: "with late tables and no ranges, read twice", bytes: late, behaviour: { ranges: false } },
        { reason: "of an unknown length, read twice", bytes: late, behaviour: { ranges: false, chunked: true } },
        { reason: "raw", bytes: disk },
    ] satisfies { reason: string; bytes: Buffer; behaviour?: Partial<Behaviour> }[]) {
        it(`only goes forward, and ends at the end: an image ${reason}`, async () => {
            const steps = await told(bytes, behaviour);
            assert.ok(steps.length >= 10, `${steps.length} steps`);
            const total = steps[0]?.total;
            assert.equal(total, "chunked" in behaviour ? undefined : bytes.length);
            steps.forEach((step, index) => {
                assert.equal(step.total, total);
                assert.ok(step.transferred >= (steps[index - 1]?.transferred ?? 0), `step ${index}`);
            });
            const last = steps.at(-1)?.transferred ?? 0;
            if (total === undefined) assert.ok(last > bytes.length);
            else assert.equal(last, total);
        });
    }

    it("ends at the end although a small image was read whole before its tables were known", async () => {
        const steps: Progress[] = [];
        const bytes = gzipSync(makeQcow2(makeDisk(200_000)));
        const source = { kind: "file", path: space.write("image", bytes) } as const;
        await space.import({ source, progress: (step) => steps.push(step) });
        assert.deepEqual(steps.at(-1), { transferred: bytes.length, total: bytes.length });
    });

    it("moves in every pass, so that whoever waits for progress sees that there is some", () => {
        const places: number[] = [];
        const scale = new ProgressScale(1000, ({ transferred }) => places.push(transferred));
        for (let pass = 0; pass < 3; pass += 1) {
            if (pass === 2) scale.settle();
            scale.begin();
            for (const count of [250, 500, 1000]) scale.taken(count);
        }
        assert.deepEqual(places, [125, 250, 500, 562, 625, 750, 812, 875, 1000]);
    });

    it("is told byte by byte where the tables come first in the one pass that there is", () => {
        const places: number[] = [];
        const scale = new ProgressScale(1000, ({ transferred }) => places.push(transferred));
        scale.begin();
        scale.taken(0);
        scale.settle();
        for (const count of [1, 500, 1000]) scale.taken(count);
        assert.deepEqual(places, [0, 1, 500, 1000]);
    });
});
