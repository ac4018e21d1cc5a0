// The declaration of storage classes: what is taken, and each refusal with its path and what to write in its place.
import * as assert from "node:assert/strict";
import { isBootsourceError } from "../../provider/model/errors.js";
import { readStorageClasses } from "../../provider/model/storage-classes.js";

describe("the declaration of storage classes", () => {
    it("is empty where nothing is said", () => {
        assert.deepEqual(readStorageClasses(undefined), []);
        assert.deepEqual(readStorageClasses(""), [], "a setting that was emptied");
        assert.deepEqual(readStorageClasses("[]"), []);
    });

    it("is taken as it is written, with nothing filled in: what is recorded is what was said", () => {
        const classes = [
            { name: "plain" },
            {
                name: "fast.ssd",
                directory: "/srv/fast",
                mode: "0660",
                owner: "107:36",
                snapshot: "overlay",
                defaults: ["virtualization", "cluster"],
                dataImportCronSourceFormat: "snapshot",
            },
        ];
        assert.deepEqual(readStorageClasses(JSON.stringify(classes)), classes);
    });

    const refusals: readonly (readonly [why: string, text: string, says: RegExp])[] = [
        ["no JSON", "fast", /it is not JSON; it is a list such as \[\{"name": "fast"/],
        ["no list", '{"name": "fast"}', /: it must be a list$/],
        ["a class without a name", "[{}]", /\[0\]\.name: it is missing/],
        ["a name that is none", '[{"name": "../up"}]', /\[0\]\.name: a name has lower-case letters/],
        ["a name twice", '[{"name": "a"}, {"name": "a"}]', /\[1\]\.name: "a" is declared twice/],
        ["a misspelt key", '[{"name": "a", "derectory": "x"}]', /\[0\]\.derectory: .*did you mean "directory"\?/],
        [
            "an unknown way",
            '[{"name": "a", "snapshot": "zfs"}]',
            /\[0\]\.snapshot: it must be one of reflink, overlay, none/,
        ],
        [
            "an unknown default",
            '[{"name": "a", "defaults": ["all"]}]',
            /\[0\]\.defaults\[0\]: .*virtualization, cluster/,
        ],
        ["an unknown format", '[{"name": "a", "dataImportCronSourceFormat": "raw"}]', /must be one of pvc, snapshot/],
        ["a mode in octal that YAML has read", '[{"name": "a", "mode": 384}]', /\[0\]\.mode: it must be a string/],
        [
            "a mode that shuts the owner out",
            '[{"name": "a", "mode": "0444"}]',
            /\[0\]\.mode: .*such as "0600" or "0660"/,
        ],
        ["disks that could be run", '[{"name": "a", "mode": "0755"}]', /\[0\]\.mode: /],
        ["an owner by name", '[{"name": "a", "owner": "qemu:kvm"}]', /\[0\]\.owner: .*such as "107:107"/],
        ["an empty directory", '[{"name": "a", "directory": ""}]', /\[0\]\.directory: it is empty/],
        [
            "snapshots of a class that takes none",
            '[{"name": "a", "dataImportCronSourceFormat": "snapshot"}]',
            /\[0\]\.dataImportCronSourceFormat: the class takes no snapshots; say how in snapshot: reflink/,
        ],
        [
            "two defaults of one role",
            '[{"name": "a", "defaults": ["cluster"]}, {"name": "b", "defaults": ["virtualization", "cluster"]}]',
            /\[1\]\.defaults: "a" is the default for cluster already/,
        ],
    ];
    for (const [why, text, says] of refusals) {
        it(`is refused for ${why}`, () => {
            assert.throws(
                () => readStorageClasses(text),
                (error: unknown) =>
                    isBootsourceError(error) &&
                    error.code === "invalid-argument" &&
                    error.message.startsWith("cannot use bootsource:storageClasses: ") &&
                    says.test(error.message),
            );
        });
    }

    it("is refused for all that is wrong at once", () => {
        const text = '[{"name": "a", "mode": "9"}, {"name": "b", "owner": "me"}]';
        assert.throws(() => readStorageClasses(text), /\[0\]\.mode: .*; \[1\]\.owner: /);
    });
});
