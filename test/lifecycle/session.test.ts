// The rules of the lifecycle over a real store, without an engine: names, marks, resuming, refusing, and what is said.
import * as assert from "node:assert/strict";
import { existsSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { unknownValue } from "../../provider/model/unknown.js";
import { rawDisk, sha256 } from "../engine/disks.js";
import { sha256Of } from "../engine/project.js";
import { partOf, urnOf } from "./engine.js";
import { http, useLifecycle } from "./fixture.js";

describe("the lifecycle of an image", function () {
    this.timeout(60_000);
    const fixture = useLifecycle();
    const { run, look } = fixture;

    it("takes up what an interrupted run of the same resource left, without a download", async () => {
        const disk = rawDisk("resumed");
        const args = http(fixture.web.serve("/resumed.img", disk));
        const first = await run().up(args);
        const asked = fixture.web.requests.length;
        const second = await run().up(args);
        assert.equal(second.id, first.id, "the same object, by its URN");
        assert.equal(fixture.web.requests.length, asked, "nothing is downloaded again");
        assert.equal(sha256Of(String(second.state["path"])), sha256(disk));
    });

    it("refuses what belongs to another resource or to nobody, and adopts what nobody owns [C49]", async () => {
        const disk = rawDisk("owned");
        const args = http(fixture.web.serve("/owned.img", disk), { name: "golden" });
        await run().up(args, undefined, "mine");
        await assert.rejects(run().up(args, undefined, "yours"), (error: Error) =>
            error.message.includes(
                `${urnOf("mine")}; if that is the former name of this resource, say so with aliases`,
            ),
        );
        const at = { namespace: "default", name: "golden" };
        await look((cluster) =>
            cluster.update("DataVolume", at, (volume) => {
                volume.metadata.annotations = {};
            }),
        );
        await assert.rejects(run().up(args, undefined, "yours"), /which Pulumi did not make; set adopt: true/);
        const another = { ...args, source: { http: { url: `${fixture.web.url}/else.img` } }, adopt: true };
        await assert.rejects(
            run().up(another, undefined, "yours"),
            /cannot adopt .*another image/,
            "a difference that downloads",
        );
        const asked = fixture.web.requests.length;
        const adopted = await run().up({ ...args, adopt: true }, undefined, "yours");
        assert.equal(fixture.web.requests.length, asked, "adoption downloads nothing");
        assert.equal(adopted.state["digest"], `sha256:${sha256(disk)}`, "and knows what is there");
        const mark = await look((cluster) => cluster.get("DataVolume", at));
        assert.equal(mark?.metadata.annotations?.["pulumi-bootsource/urn"], urnOf("yours"));
    });

    it("deletes by its own token alone", async () => {
        const args = http(fixture.web.serve("/token.img", rawDisk("token")));
        const kept = await run().up(args);
        await run().session.delete("ImportedImage", { ...kept.state, token: "somebody else's" });
        assert.ok(existsSync(String(kept.state["path"])), "another token is another owner");
        await run().session.delete("ImportedImage", kept.state);
        assert.equal(existsSync(String(kept.state["path"])), false);
        await run().session.delete("ImportedImage", kept.state);
    });

    it("keeps its object through a rename of the resource: the token is in the state", async () => {
        const args = http(fixture.web.serve("/renamed.img", rawDisk("renamed")), { name: "golden" });
        const kept = await run().up(args, undefined, "before");
        const renamed = await run().up({ ...args, labels: { a: "b" } }, kept, "after");
        assert.equal(renamed.state["token"], kept.state["token"]);
        const found = await look((cluster) => cluster.get("DataVolume", { namespace: "default", name: "golden" }));
        assert.equal(
            found?.metadata.annotations?.["pulumi-bootsource/urn"],
            urnOf("after"),
            "the mark follows the name",
        );
        assert.equal(found.metadata.labels?.["a"], "b");
    });

    it("names a claim after resource and content, so that two contents stand side by side", async () => {
        const [one, two] = [
            http(fixture.web.serve("/a.img", rawDisk("a"))),
            http(fixture.web.serve("/b.img", rawDisk("b"))),
        ];
        const first = await run().preview(one, undefined, "My Image_1");
        assert.match(String(first.inputs["claimName"]), /^my-image-1-[0-9a-f]{8}$/);
        assert.notEqual(
            (await run().preview(two, undefined, "My Image_1")).inputs["claimName"],
            first.inputs["claimName"],
        );
        const mirror = {
            source: { http: { url: "https://mirror.example.com/x" } },
            checksum: `sha256:${sha256(rawDisk("a"))}`,
        };
        const named = await run().preview(mirror);
        assert.equal(
            (await run().preview({ ...mirror, timeoutSeconds: 3 })).inputs["claimName"],
            named.inputs["claimName"],
        );
    });

    it("previews without a store, a network or known values, and touches nothing", async () => {
        const preview = run();
        const { inputs, failures } = await preview.preview({
            source: { http: { url: unknownValue } },
            storage: { size: unknownValue },
        });
        assert.deepEqual(failures, []);
        assert.equal(inputs["claimName"], unknownValue, "a name that depends on an unknown URL is unknown");
        assert.equal(inputs["cluster"], unknownValue, "so is the identity of a store that does not exist yet");
        assert.equal(existsSync(fixture.store), false);
        const offline = await preview.preview(http("http://127.0.0.1:9/none.img"));
        assert.deepEqual(offline.failures, []);
        assert.ok(
            preview.said.some(({ severity, message }) => severity === "warning" && message.includes("127.0.0.1:9")),
        );
    });

    it("says what a change costs on the resource's own row, and nothing where nothing changes", async () => {
        const disk = rawDisk("costs");
        const args = http(fixture.web.serve("/costs.img", disk), { storage: { size: "4Mi" } });
        const first = run();
        await first.preview(args);
        assert.deepEqual(
            first.said.map(({ severity, message, urn }) => [
                severity,
                message.replace(/:\d+/, "").replace(/-[0-9a-f]{8}/, ""),
                urn,
            ]),
            [
                [
                    "info",
                    "imports claim default/disk from http://127.0.0.1/costs.img (3 MiB to download) to 4 MiB",
                    urnOf("disk"),
                ],
            ],
        );
        const kept = await first.up(args);
        const second = run();
        const asked = fixture.web.requests.length;
        await second.preview(args, kept);
        assert.deepEqual(second.said, [], "an unchanged image says nothing");
        assert.equal(fixture.web.requests.length, asked, "and asks nobody");
        await second.preview({ ...args, storage: { size: "8Mi" } }, kept);
        assert.match(
            second.said.map(({ message }) => message).join(),
            /^grows claim default\/disk-[0-9a-f]{8} 4 MiB -> 8 MiB/,
        );
        await second.preview({ ...args, timeoutSeconds: 9 }, kept);
        assert.match(
            second.said.map(({ message }) => message).join(),
            /,keeps claim default\/disk-[0-9a-f]{8} \(nothing to download\)$/,
        );
    });

    it("knows the size that an image came to have where none was asked for", async () => {
        const args = http(fixture.web.serve("/own-size.img", rawDisk("own-size")));
        const kept = await run().up(args);
        for (const [size, says] of [
            ["8Mi", /^grows claim .* 3 MiB -> 8 MiB/],
            ["3Mi", /^keeps claim/],
            ["2Mi", /^imports claim .* to 2 MiB; the old disk stays until/],
        ] as const) {
            const asked = run();
            await asked.preview({ ...args, storage: { size } }, kept);
            assert.match(asked.said.map(({ message }) => message).join(), says);
        }
    });

    it("knows that another name is another import", async () => {
        const args = http(fixture.web.serve("/renamed.img", rawDisk("renamed")));
        const kept = await run().up(args);
        const asked = run();
        await asked.preview({ ...args, name: "golden" }, kept);
        assert.match(asked.said.map(({ message }) => message).join(), /^imports claim default\/golden .*3 MiB/);
    });

    it("refuses to replace what a guest wrote, before anything moves, and warns of it in the preview", async () => {
        const args = http(fixture.web.serve("/guest.img", rawDisk("guest")));
        const kept = await run().up(args);
        const file = String(kept.state["path"]);
        writeFileSync(file, "the guest was here", { flag: "r+" });
        const next = http(fixture.web.serve("/guest-2.img", rawDisk("guest-2")));
        const preview = run();
        assert.deepEqual(
            (await preview.preview(next, kept)).failures,
            [],
            "the world's faults are warnings in a preview",
        );
        assert.ok(
            preview.said.some(({ severity, message }) => severity === "warning" && message.includes("written to")),
        );
        await assert.rejects(
            run().up(next, kept),
            /cannot replace the claim .* written to since the import.*force: true/,
        );
        const forced = await run().up({ ...next, force: true }, { ...kept, state: { ...kept.state, force: true } });
        assert.equal(sha256Of(String(forced.state["path"])), sha256(rawDisk("guest-2")));
        assert.equal(existsSync(file), false);
    });

    it("keeps what a failed create left, and lets go of what a failed replacement began", async () => {
        const failed = await partOf(run().up(http(`${fixture.web.url}/missing.img`)));
        assert.match(failed.message, /404/);
        assert.equal(failed.made.state["phase"], "Failed");
        await run().session.delete("ImportedImage", failed.made.state);
        assert.deepEqual(await look((cluster) => cluster.list("DataVolume")), [], "a failed one can be deleted");

        const kept = await run().up(http(fixture.web.serve("/kept.img", rawDisk("kept"))));
        await assert.rejects(run().up(http(`${fixture.web.url}/missing.img`), kept), /404/);
        const left = await look((cluster) => cluster.list("DataVolume"));
        assert.deepEqual(
            left.map(({ metadata }) => metadata.name),
            [kept.state["claimName"]],
            "only the old one is there",
        );
        assert.equal(sha256Of(String(kept.state["path"])), sha256(rawDisk("kept")));
    });

    it("notices in a read what is gone, what was written, and another store", async () => {
        const kept = await run().up(http(fixture.web.serve("/read.img", rawDisk("read"))));
        const healthy = await run().session.read("ImportedImage", kept.id, kept.state);
        assert.deepEqual(healthy?.state, kept.state, "a healthy image reads as it was made");
        utimesSync(String(kept.state["path"]), 1, 1);
        assert.equal((await run().session.read("ImportedImage", kept.id, kept.state))?.state["modified"], true);
        const found = await run().session.read("ImportedImage", kept.id, {});
        assert.equal(found?.state["digest"], kept.state["digest"], "an image can be looked up by its id");
        await assert.rejects(
            run().session.read("ImportedImage", kept.id, { ...kept.state, cluster: "another" }),
            /imported into another store/,
        );
        rmSync(fixture.store, { recursive: true });
        assert.equal(await run().session.read("ImportedImage", kept.id, kept.state), undefined);
    });
});
