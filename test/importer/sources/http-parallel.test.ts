// One image over several connections: the same bytes in the same order, whatever happens to any of the parts.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Imported, SourceOptions } from "../../../provider/importer/contract.js";
import { stageImage } from "../../../provider/importer/stage.js";
import { isBootsourceError } from "../../../provider/model/errors.js";
import { makeDisk } from "../../images/disk.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { startImageServer, type Behaviour, type ImageServer } from "../../servers/image-server.js";
import { sha256, Workspace } from "../workspace.js";

const part = 256 * 1024;

describe("source http, over several connections", () => {
    const disk = makeDisk(5_000_003, { seed: 41 });
    const other = makeDisk(5_000_003, { seed: 42 });
    let server: ImageServer;
    let space: Workspace;
    let clock: HurryClock;
    beforeEach(async () => {
        server = await startImageServer();
        space = new Workspace();
        clock = new HurryClock();
    });
    afterEach(async () => {
        await server.close();
        space.remove();
    });

    const stage = (behaviour: Partial<Behaviour>, options: Partial<SourceOptions> = {}): Promise<Imported> => {
        const url = server.serve("/image", { bytes: disk, etag: '"one"', ...behaviour });
        const request = { source: { kind: "http", url }, clock, signal: new AbortController().signal } as const;
        return stageImage(join(space.path, "disk"), request, { partBytes: part, enough: Infinity, ...options });
    };
    const imports = async (behaviour: Partial<Behaviour>, options?: Partial<SourceOptions>): Promise<void> => {
        const { digest } = await stage(behaviour, options);
        assert.equal(digest, `sha256:${sha256(disk)}`);
        assert.equal(sha256(join(space.path, "disk")), sha256(disk));
    };
    const refuses = async (behaviour: Partial<Behaviour>, code: string): Promise<void> => {
        const error: unknown = await stage(behaviour).catch((thrown: unknown) => thrown);
        assert.ok(isBootsourceError(error), `${JSON.stringify(error)} of ${Object.keys(behaviour).join()}`);
        assert.equal(error.code, code, error.message);
        assert.deepEqual(space.beside(), ["target"]);
    };
    const parts = (): number => server.asked.filter((one) => one.headers["if-range"] === '"one"').length;

    it("reads four parts at once, because servers limit each connection, and no byte twice", async () => {
        await imports({});
        assert.equal(server.open.most, 4);
        assert.ok(server.sent.bytes <= disk.length + 2 * 65_536, `${server.sent.bytes} bytes were sent`);
    });

    it("reads one stream where the image is small, its size or version unknown, or one connection asked for", async () => {
        for (const [behaviour, options] of [
            [{}, { partBytes: 2_000_000 }],
            [{ etag: undefined }, {}],
            [{ etag: 'W/"weak"' }, {}],
            [{ ranges: false }, {}],
            [{ chunked: true }, {}],
            [{}, { connections: 1 }],
        ] as const) {
            server.open.most = 0;
            await imports(behaviour, options);
            assert.equal(server.open.most, 1, JSON.stringify(behaviour));
            space.remove();
            space = new Workspace();
        }
    });

    it("reads one stream at a server that says it gives parts and gives the whole", async () => {
        await imports({ ranges: "claimed" });
        // One that begins to do so in the middle is asked for the rest once, not once for each part.
        space.remove();
        space = new Workspace();
        server.sent.bytes = 0;
        await imports({ later: { after: 9, bytes: disk, etag: '"one"', ranges: "claimed" } });
        assert.ok(server.sent.bytes < 6 * disk.length, `${server.sent.bytes} bytes were sent`);
    });

    it("goes on where connections break, at any point of any part", async () => {
        const cuts = Array.from({ length: 30 }, (_, index) => (index * 37_511) % part);
        await imports({ partCuts: cuts });
        assert.equal(cuts.length, 0);
    });

    it("takes parts that are shorter than asked for, where the server says so", async () => {
        await imports({ partLimit: 100_000 });
    });

    for (const status of [429, 503]) {
        it(`takes fewer connections where more are answered by ${status}, and never gives up over that`, async () => {
            await imports({ busy: { above: 2, status } });
            assert.equal(server.open.most, 2);
            const refused = parts();
            space.remove();
            space = new Workspace();
            server.asked.length = 0;
            await imports({ busy: { above: 1, status } });
            assert.ok(refused < 2 * Math.ceil(disk.length / part), `${refused} parts were asked for`);
        });
    }

    it("stays with one connection that brings enough, asks for much at once, and goes on where it breaks", async () => {
        await imports({}, { enough: 0 });
        assert.equal(server.open.most, 1);
        assert.ok(parts() <= 3, `${parts()} parts were asked for`);
        for (const behaviour of [{ partCuts: [0, 70_000, 1_500_000] }, { partLimit: 700_000 }]) {
            space.remove();
            space = new Workspace();
            await imports(behaviour, { enough: 0 });
        }
        const changes: readonly NonNullable<Behaviour["later"]>[] = [
            { after: 3, bytes: disk, etag: '"one"', ranges: "claimed" },
            { after: 4, bytes: disk, etag: '"one"', failures: [{ status: 503 }] },
        ];
        for (const later of changes) {
            space.remove();
            space = new Workspace();
            server.sent.bytes = 0;
            await imports({ later }, { enough: 0 });
            assert.ok(server.sent.bytes < 4 * disk.length, `${server.sent.bytes} bytes were sent`);
        }
    });

    it("finds out that the image was replaced while one connection was enough", async () => {
        const url = server.serve("/image", {
            bytes: disk,
            etag: '"one"',
            later: { after: 3, bytes: other, etag: '"two"' },
        });
        const request = { source: { kind: "http", url }, clock, signal: new AbortController().signal } as const;
        const staged = stageImage(join(space.path, "disk"), request, { partBytes: part, enough: 0 });
        await assert.rejects(staged, { code: "source-changed" });
        assert.deepEqual(space.beside(), ["target"]);
    });

    it("finds out that the image was replaced between two parts", async () => {
        for (const after of [3, 7, 15]) {
            await refuses({ later: { after, bytes: other, etag: '"two"' } }, "source-changed");
        }
        await refuses({ later: { after: 7, bytes: other }, ignoresIfRange: true }, "unexpected-response");
    });

    it("refuses parts that are not the ones asked for", async () => {
        await refuses({ later: { after: 7, bytes: disk, etag: '"one"', rangeShift: 5 } }, "source-changed");
        const headers = { "content-range": `bytes 5-6/${disk.length}` };
        await refuses({ later: { after: 7, bytes: disk, etag: '"one"', headers } }, "unexpected-response");
    });

    it("gives up a server that fails for good, after as many attempts as without parts", async () => {
        const failures = Array.from({ length: 500 }, () => ({ status: 500 }));
        await refuses({ later: { after: 9, bytes: disk, etag: '"one"', failures } }, "unreachable");
    });

    it("stops at once when it is cancelled, and leaves no connection behind", async () => {
        const controller = new AbortController();
        const url = server.serve("/image", { bytes: disk, etag: '"one"', partCuts: [] });
        const request = {
            source: { kind: "http", url },
            clock,
            signal: controller.signal,
            progress: () => {
                controller.abort();
            },
        } as const;
        await assert.rejects(stageImage(join(space.path, "disk"), request, { partBytes: part }), { code: "cancelled" });
        while (server.open.answers > 0) await new Promise((resolve) => setImmediate(resolve));
        assert.deepEqual(space.beside(), ["target"]);
    });
});
