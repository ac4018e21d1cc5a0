// Files as sources: the suite, and what only files can be.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bytes, Opened, Source } from "../../../provider/importer/contract.js";
import { fileSource } from "../../../provider/importer/sources/file.js";
import { makeDisk } from "../../images/disk.js";
import { Workspace } from "../workspace.js";
import { describeSource, type Hindrance } from "./describe-source.js";

describeSource(
    "file",
    () => {
        const space = new Workspace();
        const publish = (bytes: Uint8Array): string => space.write("image", bytes);
        // Written to by somebody else as soon as its first bytes were taken.
        const hinder = (how: Hindrance, path: string): Source => {
            const source = fileSource(path);
            const other = (): void => {
                if (how === "truncated") truncateSync(path, 1000);
                else writeFileSync(path, makeDisk(1_000_003, { seed: 12 }));
            };
            return { ...source, open: async (range, signal) => meddled(await source.open(range, signal), other) };
        };
        return Promise.resolve({
            publish: (bytes) => Promise.resolve(fileSource(publish(bytes))),
            missing: () => Promise.resolve(fileSource(join(space.path, "missing"))),
            spec: (bytes) => Promise.resolve({ kind: "file", path: publish(bytes) }),
            hinder: (how, bytes) => Promise.resolve(hinder(how, publish(bytes))),
            close: () => {
                space.remove();
                return Promise.resolve();
            },
        });
    },
    { imports: true, hindrances: ["truncated", "replaced"] },
);

function meddled(opened: Opened, meddle: () => void): Opened {
    let met = false;
    const bytes = async function* (): Bytes {
        for await (const chunk of opened.bytes) {
            yield chunk;
            if (!met) meddle();
            met = true;
        }
    };
    return { ...opened, bytes: bytes() };
}

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
