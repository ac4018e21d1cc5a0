// Every format inside every compression by one `pulumi up`: each claim holds the same disk.
import * as assert from "node:assert/strict";
import * as bootsource from "../../components/index.js";
import { everyDisk, makeEvery } from "../images/every.js";
import { grown, sha256 } from "./disks.js";
import { useEngine } from "./fixture.js";
import { sha256Of, stateOf } from "./project.js";

describe("formats and compressions in a stack", function () {
    this.timeout(300_000);
    const engine = useEngine();

    it("become the same disk, whatever they were published as, by one update [C17]", async () => {
        const images = makeEvery();
        const { project, web } = engine;
        const up = await project.run("up", () => {
            const paths = images.map(({ name, bytes }) => {
                const source = { http: { url: web.serve(`/${name}`, bytes) } };
                return [name, new bootsource.ImportedImage(name, { source, storage: { size: "1Mi" } }).path] as const;
            });
            return Promise.resolve(Object.fromEntries(paths));
        });
        assert.equal(up.failure, undefined);
        const wanted = sha256(grown(everyDisk, 1 << 20));
        for (const { name, format, bytes } of images) {
            assert.equal(sha256Of(String(up.outputs[name])), wanted, name);
            const state = stateOf(project, name);
            assert.deepEqual(
                [state["format"], state["virtualSize"], state["digest"]],
                [format, everyDisk.length, `sha256:${sha256(bytes)}`],
                name,
            );
        }
        assert.equal(images.length, 60);
        const again = await project.run("up");
        assert.ok(Object.values(again.steps).every((steps) => steps.every((step) => step === "same")));
        assert.equal((await project.run("destroy")).failure, undefined);
    });
});
