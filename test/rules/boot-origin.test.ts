// Whose boot sources are, and the platform's list that tells it, by the seed's own example.
import assert from "node:assert/strict";
import type { DataImportCron } from "../../provider/model/objects.js";
import type { PlaceObjects } from "../../provider/rules/place-status.js";
import { annotations, cron, list, source, told } from "./place-objects.js";

describe("whose a boot source is", () => {
    const made = (name: string, dataSource: string): DataImportCron => {
        const one = cron(dataSource);
        return { ...one, metadata: { ...one.metadata, name } };
    };
    const crons = [
        made("centos-9-image-cron", "centos-stream9"),
        made("fedora-image-cron", "fedora"),
        made("user-defined-dic", "user-defined-centos-stream9"),
        made("bare-cron", "bare"),
    ];
    const origins = (some: Partial<PlaceObjects>): Record<string, string> =>
        Object.fromEntries(told({ crons, ...some }).sources.map(({ name, origin }) => [name, origin]));

    it("is told by the list: commonTemplate is the platform's, {} is custom, modified is an override [A100, A102, A103, A104]", () => {
        assert.deepEqual(origins({ hyperConverged: list }), {
            ...{ "centos-stream9": "system", fedora: "overridden" },
            ...{ "user-defined-centos-stream9": "custom", bare: "custom" },
        });
        assert.deepEqual(new Set(Object.values(origins({}))), new Set(["custom"]), "a cluster without such a list");
    });

    it("is somebody's where a cron of an entry's name is in another namespace than the platform's", () => {
        const elsewhere = made("centos-9-image-cron", "centos-stream9");
        const crons = [{ ...elsewhere, metadata: { ...elsewhere.metadata, namespace: "images" } }];
        assert.equal(told({ crons, hyperConverged: list }).sources[0]?.origin, "custom");
    });

    it("is the platform's in each architecture that an entry is made for", () => {
        const each = made("centos-9-image-cron-arm64", "centos-stream9-arm64");
        assert.equal(told({ crons: [each], hyperConverged: list }).sources[0]?.origin, "system");
    });

    it("is the platform's, and off, where an entry says so or where the switch has left the name alone", () => {
        const dataSources = [source("rhel9", "False"), source("win11", "False", "win11"), source("handmade")];
        const { sources } = told({ dataSources, hyperConverged: list });
        assert.deepEqual(
            sources.map(({ name, origin, state, stale }) => [name, origin, state, stale]),
            [
                ["handmade", "custom", "unmanaged", undefined],
                ["rhel9", "disabled", "off", undefined],
                ["win11", "disabled", "off", undefined],
            ],
        );
        assert.match(
            sources[1]?.reasons.join() ?? "",
            /automatic updates are off for it; turn them on, or bring an image/,
        );
    });

    it("is never told with what a url has of credentials", () => {
        assert.equal(told({ crons: [cron("fedora")] }).sources[0]?.source, "docker://quay.io/fedora:latest");
    });

    it("comes with the list itself, entry by entry as the object has it [A101, Y501, Y502, Y503]", () => {
        const { hyperConverged } = told({ hyperConverged: list });
        assert.equal(hyperConverged?.name, "kubevirt-hyperconverged");
        assert.equal(hyperConverged.templates[0]?.metadata.name, "centos-9-image-cron");
        assert.deepEqual(hyperConverged.templates[0].metadata.annotations, annotations);
        assert.deepEqual([hyperConverged.switchedOn, hyperConverged.disabled], [true, ["rhel9-image-cron"]]);
    });

    const [system, , custom] = told({ hyperConverged: list }).hyperConverged?.templates ?? [];
    it("comes with what the platform's own entry says [Y504, Y505, Y506, Y507]", () => {
        const { garbageCollect, managedDataSource, schedule, template } = system?.spec ?? {};
        assert.equal(garbageCollect, "Outdated");
        assert.equal(managedDataSource, "centos-stream9");
        assert.equal(schedule, "55 8/12 * * *");
        assert.deepEqual(template?.metadata, {});
    });

    it("comes with the source, the size and the word that makes it the platform's [Y508, Y509, Y510, Y511]", () => {
        const { template } = system?.spec ?? {};
        assert.equal(template?.spec.source.registry?.url, "docker://quay.io/containerdisks/centos-stream:9");
        assert.equal(template.spec.storage?.resources?.requests?.storage, "30Gi");
        assert.deepEqual((template as { status?: unknown }).status, {});
        assert.equal(system?.status.commonTemplate, true);
    });

    it("comes with what a custom entry says [Y512, Y513, Y514, Y519]", () => {
        assert.deepEqual(custom?.metadata, { name: "user-defined-dic", annotations });
        assert.deepEqual([custom.spec?.garbageCollect, custom.spec?.schedule], ["Outdated", "55 8/12 * * *"]);
        assert.equal(custom.spec?.managedDataSource, "user-defined-centos-stream9");
        assert.deepEqual(custom.status, {});
    });

    it("comes with where a custom entry's image is from and how large its disk is [Y515, Y516, Y517, Y518]", () => {
        const { template } = custom?.spec ?? {};
        assert.equal(template?.spec.source.registry?.pullMethod, "node");
        assert.equal(template.spec.source.registry.url, "docker://quay.io/containerdisks/centos-stream:9");
        assert.equal(template.spec.storage?.resources?.requests?.storage, "30Gi");
        assert.deepEqual([template.metadata, (template as { status?: unknown }).status], [{}, {}]);
    });
});
