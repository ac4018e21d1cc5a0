// From an imported image's arguments to the platform's objects.
import * as assert from "node:assert/strict";
import { resolve } from "node:path";
import { toSource } from "../../provider/rules/data-volume.js";

describe("the source of a DataVolume", () => {
    const urlOf = (url: string) =>
        toSource({ source: { registry: { url } } }, "disk", (path) => resolve("/project", path)).registry?.url;

    for (const [given, resolved] of [
        ["oci-archive:images/disk.tar", "oci-archive:/project/images/disk.tar"],
        ["oci-archive:disk.tar:43", "oci-archive:/project/disk.tar:43"],
        ["oci-archive:/srv/disk.tar:43", "oci-archive:/srv/disk.tar:43"],
        ["docker://quay.io/containerdisks/fedora:43", "docker://quay.io/containerdisks/fedora:43"],
    ] as const) {
        it(`names archives of images from the project on, as it does files: ${given}`, () => {
            assert.equal(urlOf(given), resolved);
        });
    }
});
