// bootsource import of every format inside every compression, by its address and from standard input.
import assert from "node:assert/strict";
import { everyDisk, makeEvery, type EveryImage } from "../images/every.js";
import { sha256, Workspace } from "../importer/workspace.js";
import { startImageServer, type ImageServer } from "../servers/image-server.js";
import { runCommand } from "./run-command.js";

const size = 1 << 20;
const wanted = sha256(Buffer.concat([everyDisk, Buffer.alloc(size - everyDisk.length)]));

describe("bootsource import, every format inside every compression", function () {
    this.timeout(300_000);
    let server: ImageServer;
    let space: Workspace;
    before(async () => {
        server = await startImageServer();
        space = new Workspace();
    });
    after(async () => {
        await server.close();
        space.remove();
    });

    /** Two at a time, as there are cores at least. */
    const each = async (images: EveryImage[], check: (image: EveryImage) => Promise<void>): Promise<void> => {
        const work = async (): Promise<void> => {
            for (let image = images.pop(); image !== undefined; image = images.pop()) await check(image);
        };
        await Promise.all([work(), work()]);
    };

    it("makes the same disk of all of them from a web server [C17]", async () => {
        await each(makeEvery(), async ({ name, format, codecs, bytes }) => {
            const url = server.serve(`/${name}`, { bytes, etag: `"${name}"` });
            const target = `${space.target}.${name}`;
            const ended = await runCommand(["import", url, target, "--size", "1Mi", "--json"]);
            assert.equal(ended.code, 0, `${name}: ${ended.stderr}`);
            const told = JSON.parse(ended.stdout) as Record<string, unknown>;
            assert.deepEqual(
                [told["format"], told["codecs"], told["virtualSize"], told["digest"]],
                [format, codecs, everyDisk.length, `sha256:${sha256(bytes)}`],
                name,
            );
            assert.equal(sha256(target), wanted, name);
        });
    });

    it("makes the same disk of every format from standard input, as it is and compressed, where it is small enough to be kept", async () => {
        const images = makeEvery().filter(({ codecs }) => codecs.length === 0 || codecs.includes("zst"));
        await each(images, async ({ name, bytes }) => {
            const target = `${space.target}.stdin.${name}`;
            const ended = await runCommand(["import", "-", target, "--size", "1Mi", "--json"], undefined, bytes);
            assert.equal(ended.code, 0, `${name}: ${ended.stderr}`);
            assert.equal(sha256(target), wanted, name);
        });
    });
});
