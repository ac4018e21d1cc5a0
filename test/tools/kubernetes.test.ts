// The control plane that tests ask: what is said where it cannot be built, and that CDI's programs are changed as we believe.
import assert from "node:assert/strict";
import { withEnvironment } from "../environment.js";
import { clone, loadSetup } from "./sandbox.js";

type Find = (clone: string) => Promise<{ directory?: string; reason?: string }>;
const { findKubernetes, findSnapshotCrds } = loadSetup("kubernetes") as {
    findKubernetes: Find;
    findSnapshotCrds: Find;
};
const { findCdi } = loadSetup("cdi") as { findCdi: Find };
const { findKubeVirt } = loadSetup("kubevirt") as { findKubeVirt: Find };
const { replaceOnce } = loadSetup("cdi-programs") as {
    replaceOnce: (text: string, from: string, to: string, name: string) => string;
};

describe("the control plane for tests, as it is built", () => {
    it("is not built without Go, and says so", async () => {
        for (const find of [findKubernetes, findSnapshotCrds, findCdi, findKubeVirt]) {
            const found = await withEnvironment({ PATH: "/nowhere" }, () => find(clone));
            assert.deepEqual(found, { reason: "Go is not installed" });
        }
    });

    it("changes CDI's programs exactly where it says, or not at all", () => {
        assert.equal(replaceOnce("a := 8443", "8443", "port()", "cdi-apiserver"), "a := port()");
        for (const other of ["a := 9443", "a, b := 8443, 8443"]) {
            assert.throws(
                () => replaceOnce(other, "8443", "port()", "cdi-apiserver"),
                /cannot change cdi-apiserver.* not once/,
            );
        }
    });
});
