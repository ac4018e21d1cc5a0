// References to container images: what `docker pull` takes is taken, and what it refuses is refused with a reason.
import * as assert from "node:assert/strict";
import { parseReference } from "../../provider/model/image-reference.js";

const digest = `sha256:${"a".repeat(64)}`;

describe("a reference to a container image", () => {
    for (const [text, host, repository, tag, pinned] of [
        ["docker://quay.io/containerdisks/fedora:42", "quay.io", "containerdisks/fedora", "42", undefined],
        ["docker://quay.io/containerdisks/fedora", "quay.io", "containerdisks/fedora", "latest", undefined],
        [`docker://quay.io/a/b@${digest}`, "quay.io", "a/b", undefined, digest],
        [`docker://quay.io/a/b:c@${digest}`, "quay.io", "a/b", "c", digest],
        ["docker://localhost:5000/disk", "localhost:5000", "disk", "latest", undefined],
        ["docker://localhost/disk:1", "localhost", "disk", "1", undefined],
        ["docker://127.0.0.1:5000/x/y:1", "127.0.0.1:5000", "x/y", "1", undefined],
        ["docker://[::1]:5000/x:1", "[::1]:5000", "x", "1", undefined],
        ["docker://fedora", "docker.io", "library/fedora", "latest", undefined],
        ["docker://kubevirt/fedora-cloud:v1", "docker.io", "kubevirt/fedora-cloud", "v1", undefined],
    ] as const) {
        it(`is read: ${text.replace(/a{64}/, "...")}`, () => {
            assert.deepEqual(parseReference(text), { kind: "docker", host, repository, tag, digest: pinned });
        });
    }

    it("may be an archive of this machine, with a tag or without", () => {
        assert.deepEqual(parseReference("oci-archive:/x/y.tar"), {
            kind: "oci-archive",
            path: "/x/y.tar",
            tag: undefined,
        });
        assert.deepEqual(parseReference("oci-archive:./a:b/y.tar"), {
            kind: "oci-archive",
            path: "./a:b/y.tar",
            tag: undefined,
        });
        assert.deepEqual(parseReference("oci-archive:y.tar:v1"), { kind: "oci-archive", path: "y.tar", tag: "v1" });
    });

    for (const [text, says] of [
        ["quay.io/a/b", /Illegal registry source URL scheme \(none\)/],
        ["https://quay.io/a/b", /Illegal registry source URL scheme https:/],
        ["docker:quay.io/a", /Illegal registry source URL scheme docker:/],
        ["docker://", /is not a name/],
        ["docker://quay.io/", /is not a name/],
        ["docker://quay.io/A/b", /"A" is not a name/],
        ["docker://quay.io/a b", /is not a name/],
        ["docker://quay.io:99999/a", /is not a host/],
        ["docker://quay.io/a:", /"" is not a tag/],
        ["docker://quay.io/a@sha256:12", /64 hex digits/],
        ["docker://quay.io/a@latest", /64 hex digits/],
        ["docker://me:hush@quay.io/a", /it holds credentials/],
        ["oci-archive:", /name a file/],
    ] as const) {
        it(`is refused with its reason: ${text}`, () => {
            assert.throws(
                () => parseReference(text),
                (error: Error) => says.test(error.message) && !error.message.includes("hush"),
            );
        });
    }
});
