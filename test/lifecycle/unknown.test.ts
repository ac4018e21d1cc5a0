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
