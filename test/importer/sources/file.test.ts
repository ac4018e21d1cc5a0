// Files as sources: the suite, and what only files can be.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileSource } from "../../../provider/importer/sources/file.js";
import { makeDisk } from "../../images/disk.js";
import { Workspace } from "../workspace.js";
import { describeSource } from "./describe-source.js";

describeSource("file", () => {
    const space = new Workspace();
    return Promise.resolve({
        publish: (bytes) => Promise.resolve(fileSource(space.write("image", bytes))),
        missing: () => Promise.resolve(fileSource(join(space.path, "missing"))),
        close: () => {
            space.remove();
            return Promise.resolve();
        },
    });
});

describe("source file, beyond the suite", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    it("notices that the file grows while it is read, because half of a copy is no image", async () => {
        const path = space.write("image", makeDisk(2_000_000));
        const opened = await fileSource(path).open(undefined, new AbortController().signal);
        await assert.rejects(
            (async () => {
                for await (const chunk of opened.bytes) {
                    assert.ok(chunk.length > 0);
                    appendFileSync(path, "more");
                }
            })(),
            { code: "source-changed" },
        );
    });

    it("refuses a directory by name", async () => {
        const path = join(space.path, "directory");
        mkdirSync(path);
        await assert.rejects(fileSource(path).identify(new AbortController().signal), {
            code: "invalid-argument",
            message: `cannot read ${path}: it is a directory; name an image file`,
        });
    });
});
