// When to stop waiting for an import that CDI would try for ever.
import * as assert from "node:assert/strict";
import type { DataVolume } from "../../provider/model/objects.js";
import { hopelessness, percentOf } from "../../provider/rules/cdi-import.js";

const volume = (message: string, status: "True" | "False" = "False", progress = "N/A"): DataVolume =>
    ({
        status: { progress, conditions: [{ type: "Running", status, reason: "Error", message }] },
    }) as unknown as DataVolume;

describe("an import by CDI is hopeless", () => {
    for (const [message, code] of [
        [
            "Unable to connect to http data source: expected status code 200, got 404. Status: 404 Not Found",
            "not-found",
        ],
        ["Unable to connect to http data source: expected status code 200, got 401. Status: 401", "access-denied"],
        ["checksum mismatch: expected sha256:00, calculated sha256:11", "checksum-mismatch"],
        ["tls: failed to verify certificate: x509: certificate signed by unknown authority", "untrusted"],
        ["DataVolume too small to contain image", "too-large"],
        ["Image /a is invalid because it has invalid backing file /etc/passwd", "unsafe-image"],
        ["Failed to find VM disk image file in the container image", "not-an-image"],
        ['manifest image architecture: "a" doesn\'t match requested architecture: "b"', "unexpected-response"],
    ] as const) {
        it(`for ${message}`, () => {
            assert.equal(hopelessness(volume(message))?.code, code);
        });
    }

    it("not while it runs, nor for what may pass", () => {
        assert.equal(hopelessness(volume("expected status code 200, got 404", "True")), undefined);
        assert.equal(hopelessness(volume("expected status code 200, got 503. Status: 503")), undefined);
        assert.equal(hopelessness(volume("connection reset by peer")), undefined);
    });

    it("and says how far it is only where CDI counts", () => {
        assert.deepEqual([percentOf(volume("", "True", "12.34%")), percentOf(volume("", "True"))], [12.34, undefined]);
    });
});
