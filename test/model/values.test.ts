// The value types: sizes, checksums, names, unknown values, errors; each parser against the platform's own rules.
import * as assert from "node:assert/strict";
import { systemClock } from "../../provider/model/clock.js";
import { formatChecksum, parseChecksum } from "../../provider/model/digest.js";
import { describeEffect } from "../../provider/model/effects.js";
import {
    BootsourceError,
    isBootsourceError,
    throwIfCancelled,
    toBootsourceError,
} from "../../provider/model/errors.js";
import { claimNameFor, isDnsLabel, isDnsSubdomain } from "../../provider/model/names.js";
import { nearest } from "../../provider/model/nearest.js";
import { describeBytes, formatQuantity, parseQuantity } from "../../provider/model/quantity.js";
import { refuseOldNode } from "../../provider/model/require-node.js";
import { isWithin, unknownPaths, unknownValue } from "../../provider/model/unknown.js";

describe("a size", () => {
    const sizes: [string, number][] = [
        ["0", 0],
        ["1G", 1_000_000_000],
        ["1Gi", 1 << 30],
        ["1.5Gi", 1.5 * (1 << 30)],
        ["128974848", 128_974_848],
        ["129e6", 129_000_000],
        ["123Mi", 123 * (1 << 20)],
        ["128974848000m", 128_974_848],
        ["100m", 1],
        ["0.1", 1],
        ["1E3", 1000],
        [" 5Ti ", 5 * 2 ** 40],
        ["+1k", 1000],
        ["1.", 1],
    ];
    for (const [text, bytes] of sizes) {
        it(`${JSON.stringify(text)} is ${bytes} bytes, as Kubernetes reads it`, () => {
            assert.equal(parseQuantity(text), bytes);
        });
    }
    for (const text of ["", "abc", "1GB", "1gi", "--1", "-1", "1 Gi", ".", "1e", "10Pi!", "9E", "0x10"]) {
        it(`${JSON.stringify(text)} is refused`, () => {
            assert.throws(() => parseQuantity(text), /cannot read the size/);
        });
    }
    it("is printed in the shortest binary form, and read back the same", () => {
        for (const bytes of [0, 1, 1000, 1024, 1 << 30, (1 << 30) + 1, 5 * 2 ** 40, Number.MAX_SAFE_INTEGER]) {
            assert.equal(parseQuantity(formatQuantity(bytes)), bytes);
        }
        assert.deepEqual([formatQuantity(5 * 2 ** 30), formatQuantity(1536 * 2 ** 20)], ["5Gi", "1536Mi"]);
    });
    it("is told to a person with three digits at most", () => {
        const told = [0, 512, 1536, 20 << 20, 340 * 2 ** 20, 1.5 * 2 ** 30].map(describeBytes);
        assert.deepEqual(told, ["0 B", "512 B", "1.5 KiB", "20 MiB", "340 MiB", "1.5 GiB"]);
    });
});

describe("a checksum", () => {
    it("has one spelling, whatever its case and spaces", () => {
        const hex = "AB".repeat(32);
        assert.equal(formatChecksum(parseChecksum(` SHA256 : ${hex} `)), `sha256:${hex.toLowerCase()}`);
        for (const [algorithm, digits] of [
            ["md5", 32],
            ["sha1", 40],
            ["sha256", 64],
            ["sha512", 128],
        ] as const) {
            assert.equal(parseChecksum(`${algorithm}:${"0".repeat(digits)}`).algorithm, algorithm);
        }
    });
    const refused: [string, RegExp][] = [
        ["abc", /expected 'algorithm:hash', got 'abc'/],
        ["sha256:", /cannot be empty/],
        ["crc32:00", /unsupported hash algorithm 'crc32': supported algorithms are: md5, sha1, sha256, sha512/],
        ["md5:00", /invalid md5 hash length: expected 32 hex characters, got 2/],
        [`md5:${"z".repeat(32)}`, /not valid hexadecimal/],
        ["toString:00", /unsupported hash algorithm/],
    ];
    for (const [text, says] of refused) {
        it(`${JSON.stringify(text)} is refused in CDI's words`, () => {
            assert.throws(() => parseChecksum(text), says);
        });
    }
});

describe("a name", () => {
    it("is a DNS name or is refused", () => {
        for (const name of ["a", "fedora-42", "a.b-c.d", "0"]) assert.ok(isDnsSubdomain(name), name);
        for (const name of ["", "A", "-a", "a-", "a..b", ".", "..", "a/b", "a_b", "a".repeat(254)])
            assert.ok(!isDnsSubdomain(name), name);
        assert.ok(isDnsLabel("os-images"));
        assert.ok(!isDnsLabel("a.b"));
        assert.ok(!isDnsLabel("a".repeat(64)));
    });
    it("is made from any resource's name and stays legal", () => {
        for (const name of ["My Fedora!", "ÄÖÜ", "---", "x".repeat(300), "a.b", "0"]) {
            const made = claimNameFor(name, "content");
            assert.ok(isDnsLabel(made), `${name} -> ${made}`);
            assert.match(made, /-[0-9a-f]{8}$/);
        }
        assert.notEqual(claimNameFor("a", "one"), claimNameFor("a", "two"));
    });
    it("that was mistyped finds the one that was meant", () => {
        assert.equal(nearest("sise", ["size", "source"]), "size");
        assert.equal(nearest("storageclassname", ["size", "storageClassName"]), "storageClassName");
        assert.equal(nearest("banana", ["size", "source"]), undefined);
    });
});

describe("an unknown value", () => {
    it("is found at any depth, and covers what lies below it", () => {
        const paths = unknownPaths({ a: unknownValue, b: [1, { c: unknownValue }], d: null });
        assert.deepEqual(paths, [["a"], ["b", 1, "c"]]);
        assert.ok(isWithin(["a", "x"], paths));
        assert.ok(!isWithin(["b"], paths), "what stands above is known");
    });
});

describe("an error", () => {
    it("is known by its brand, whichever copy of the package made it", () => {
        const error = new BootsourceError("not-found", "cannot read x: it is not there; name another one", {
            facts: { status: 404 },
        });
        assert.ok(isBootsourceError(error));
        assert.equal(error.terminal, true, "the code says so");
        assert.equal(error.facts["status"], 404);
        assert.ok(!isBootsourceError(new Error("x")));
        assert.ok(
            isBootsourceError(
                Object.assign(Object.create(null) as object, { [Symbol.for("pulumi-bootsource.error")]: true }),
            ),
        );
        assert.equal(toBootsourceError(error, "do"), error);
        const cause = new Error("boom");
        const wrapped = toBootsourceError(cause, "import x");
        assert.deepEqual([wrapped.code, wrapped.message, wrapped.cause], ["failed", "cannot import x: boom", cause]);
    });
    it("comes from an aborted signal with what was being done", () => {
        const signal = AbortSignal.abort("why");
        assert.throws(() => {
            throwIfCancelled(signal, "import x");
        }, /cannot import x: it was cancelled/);
        const ours = new BootsourceError("timeout", "too long");
        assert.throws(
            () => {
                throwIfCancelled(AbortSignal.abort(ours), "import x");
            },
            (error) => error === ours,
        );
        throwIfCancelled(undefined, "import x");
    });
});

describe("an effect", () => {
    it("is one line with numbers", () => {
        assert.equal(
            describeEffect({
                verb: "import",
                object: "claim default/a",
                from: "https://x/y",
                bytes: 340 << 20,
                sizes: { after: 5 * 2 ** 30 },
                interrupts: "the old disk stays until the new one is ready",
            }),
            "imports claim default/a from https://x/y (340 MiB to download) to 5 GiB; the old disk stays until the new one is ready",
        );
    });
});

describe("the machine's clock", () => {
    it("waits as long as any number says, and does not end at once", async () => {
        const over = new AbortController();
        let ended = false;
        const asleep = systemClock.sleep(1e13, over.signal).then(() => (ended = true));
        await systemClock.sleep(20);
        assert.equal(ended, false);
        over.abort();
        await asleep;
    });
});

describe("Node", () => {
    it("below 22.15 is refused in one sentence", () => {
        for (const version of ["18.20.0", "20.19.5", "22.14.0"]) {
            assert.throws(
                () => {
                    refuseOldNode(version);
                },
                {
                    message: `pulumi-bootsource needs Node.js 22.15 or newer, and this is ${version}; install a newer Node.js`,
                },
            );
        }
        for (const version of ["22.15.0", "24.0.0", process.versions.node]) refuseOldNode(version);
    });
});
