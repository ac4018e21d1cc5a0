// The S3 server that tests ask: what is said where it cannot be built.
import assert from "node:assert/strict";
import { withEnvironment } from "../environment.js";
import { clone, loadSetup } from "./sandbox.js";

const { findS3Server } = loadSetup("s3-server") as {
    findS3Server: (clone: string) => Promise<{ program?: string; reason?: string }>;
};

describe("the S3 server for tests", () => {
    it("is not built without Go, and says so", async () => {
        const found = await withEnvironment({ PATH: "/nowhere" }, () => findS3Server(clone));
        assert.deepEqual(found, { reason: "Go is not installed" });
    });
});
