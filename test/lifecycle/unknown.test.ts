// Arguments that a preview does not know yet, and two resources that would be one object: both are told before anything moves.
import * as assert from "node:assert/strict";
import { unknownValue } from "../../provider/model/unknown.js";
import { rawDisk } from "../engine/disks.js";
import { urnOf } from "./engine.js";
import { http, useLifecycle } from "./fixture.js";

describe("a preview", function () {
    this.timeout(60_000);
    const fixture = useLifecycle();
    const { run } = fixture;

    it("goes on with a source that is not known yet, whole or in part, and names no claim for it", async () => {
        const sources = [
            unknownValue,
            { http: unknownValue },
            { file: unknownValue },
            { file: { path: unknownValue } },
        ];
        for (const source of sources) {
            const started = run();
            const { inputs, failures } = await started.preview({ source, storage: { size: "1Gi" } });
            assert.deepEqual(failures, [], JSON.stringify(source));
            assert.equal(inputs["claimName"], unknownValue, "another source would have another name");
            const [said] = started.said.map(({ message }) => message);
            assert.equal(said, "imports claim default/(name known after the update) to 1 GiB");
        }
    });

    it("compares two checksums only where both are known", async () => {
        const source = { http: { url: "http://127.0.0.1:9/x.img", checksum: unknownValue } };
        const { failures } = await run().preview({ source, checksum: `sha256:${"0".repeat(64)}` });
        assert.deepEqual(failures, []);
    });

    it("tells once what a replacement does, though it is checked twice", async () => {
        const [one, two] = [
            http(fixture.web.serve("/1.img", rawDisk("1"))),
            http(fixture.web.serve("/2.img", rawDisk("2"))),
        ];
        const kept = await run().up(one);
        const started = run();
        await started.preview(two, kept);
        await started.preview(two);
        const said = started.said.map(({ message }) => message);
        assert.equal(said.length, 1, said.join(" | "));
        assert.match(said[0] ?? "", /to download\); the old disk stays until the new one is ready$/);
    });

    it("names an argument that is nested or missing without a value", async () => {
        const { failures } = await run().preview({ storage: { size: "1Ki" } });
        assert.deepEqual(failures, [": source: it is missing", ": storage.size: Storage size should be at least 1MiB"]);
    });

    it("looks an image up that is there, finds it again after a refresh, and says where there is none", async () => {
        const kept = await run().up(http(fixture.web.serve("/got.img", rawDisk("got"))));
        const got = await run().session.read("ImportedImage", kept.id, {});
        assert.ok(got);
        assert.equal(got.state["path"], kept.state["path"]);
        const again = await run().session.read("ImportedImage", kept.id, { ...got.state });
        assert.deepEqual(again?.state, got.state);
        assert.equal(got.state["token"], "", "whoever looks has no right to delete");
        await assert.rejects(
            run().session.read("ImportedImage", "default/none", {}),
            /cannot get the image "default\/none": the store .* has no DataVolume of that name/,
        );
    });

    it("refuses two resources that would be one claim, which either would delete", async () => {
        const args = http(fixture.web.serve("/shared.img", rawDisk("shared")), { name: "golden" });
        const started = run();
        assert.deepEqual((await started.preview(args, undefined, "one")).failures, []);
        assert.deepEqual(
            (await started.preview(args, undefined, "one")).failures,
            [],
            "the same one may be asked again",
        );
        const { failures } = await started.preview(args, undefined, "two");
        assert.equal(
            failures.join(),
            `: it would be default/golden, which ${urnOf("one")} is already; give one of the two another name`,
        );
    });
});
