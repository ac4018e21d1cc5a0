// BootSourceCatalog: the resources it becomes, in which order, and what it refuses, as Pulumi's engine would be told.
import assert from "node:assert/strict";
import * as path from "node:path";
import { type Registered, type Run, runScript } from "./mocked-run.js";

describe("a catalog of boot sources", function () {
    this.timeout(60_000);
    let run: Run;
    before(async () => {
        run = await runScript(path.join(__dirname, "play-catalogs.js"));
    });

    const found = (name: string): Registered => {
        const [one, ...others] = run.registered.filter((one) => one.name === name);
        assert.ok(one !== undefined && others.length === 0, `${name}: ${run.registered.map((r) => r.name).join(", ")}`);
        return one;
    };
    const typeOf = ({ type }: Registered): string | undefined => type.split(":").at(-1);

    it("is a component with a child for each part, each named after it", () => {
        const parts = run.registered.filter(({ parent }) => parent.endsWith("BootSourceCatalog::whole"));
        assert.deepEqual(Object.fromEntries(parts.map((one) => [one.name, typeOf(one)])), {
            "whole-storage-default": "StorageDefault",
            "whole-system": "SystemBootSources",
            "whole-rhel9": "BootSource",
            "whole-debian": "BootSource",
        });
    });

    it("makes the class the default before anything lands on it: the other way round every image would be moved", () => {
        for (const name of ["whole-system", "whole-rhel9", "whole-debian"]) {
            assert.match(found(name).dependencies.join(), /StorageDefault::whole-storage-default/, name);
        }
        assert.deepEqual(found("changed-one").dependencies, [], "and waits for nothing where no class is named");
    });

    it("gives each boot source the name of its DataSource, and what all have in common where it says nothing itself", () => {
        const { inputs } = found("whole-rhel9");
        const { managedDataSource, namespace, storage, importsToKeep, labels } = inputs as Record<string, unknown>;
        assert.deepEqual(
            { managedDataSource, namespace, storage, importsToKeep, labels },
            {
                managedDataSource: "rhel9",
                namespace: "images",
                storage: { size: "20Gi", storageClassName: "fast" },
                importsToKeep: 1,
                labels: { team: "a" },
            },
        );
        const debian = found("whole-debian").inputs as Record<string, unknown>;
        assert.deepEqual([debian["namespace"], debian["managedDataSource"]], ["debian", "debian"]);
    });

    it("lets a program adjust each resource, and nothing of one reaches another", () => {
        const [one, two] = ["changed-one", "changed-two"].map((name) => found(name).inputs as Record<string, unknown>);
        assert.deepEqual([one?.["annotations"], two?.["annotations"]], [{ name: "one" }, { name: "two" }]);
        assert.deepEqual([one?.["schedule"], two?.["schedule"]], [undefined, "@weekly"]);
        assert.equal((found("changed-system").inputs as { images?: string }).images, "delete");
    });

    it("answers the DataSources by name, for programs of machines", () => {
        assert.deepEqual(run.answers["changed"].dataSources, {
            one: { namespace: "default", name: "changed-one" },
            two: { namespace: "default", name: "changed-two" },
        });
        assert.deepEqual(run.answers["changed"].names, ["one", "two"]);
    });

    describe("with a connection of its own", () => {
        const providerOf = (name: string): Record<string, unknown> => {
            const provider = run.registered.find(
                (one) => one.name === name && one.type.startsWith("pulumi:providers:"),
            );
            assert.ok(provider, `no provider ${name}`);
            assert.match(found(`${name}-one`).provider, new RegExp(`::${name}::`), "its resources are that provider's");
            return Object.fromEntries(
                Object.entries(provider.inputs as Record<string, unknown>).filter(([, value]) => value !== undefined),
            );
        };

        it("has the stack's configuration in all that it does not say", () => {
            const { "bootsource:mirrors": mirrors, ...others } = providerOf("elsewhere");
            assert.deepEqual(JSON.parse(String(mirrors)), { "quay.io": "mirror.site:5000" });
            assert.equal(others["bootsource:store"], "./store");
            assert.equal(others["bootsource:caCertificates"], "PEM");
            assert.equal(others["bootsource:parallelImports"], "2");
            assert.deepEqual(JSON.parse(String(others["bootsource:storageClasses"])), [{ name: "fast" }]);
        });

        it("takes nothing of the stack's store along to another world", () => {
            const settings = providerOf("other-store");
            assert.equal(settings["bootsource:store"], undefined);
            assert.equal(settings["bootsource:storageClasses"], undefined);
            assert.equal(settings["bootsource:caCertificates"], "PEM", "but how sources are reached");
        });
    });

    it("refuses what would do nothing, with a hint, before any of its parts is made", () => {
        const messages = Object.fromEntries(Object.entries(run.errors).map(([name, { message }]) => [name, message]));
        assert.match(
            messages["misspelt"] ?? "",
            /bootsources: there is no such argument; did you mean "bootSources"\?/,
        );
        assert.match(messages["empty"] ?? "", /cannot make the catalog empty: there is nothing in it/);
        assert.match(messages["one-source"] ?? "", /defaults\.source: it is each boot source's own/);
        assert.match(messages["one-source"] ?? "", /bootSources\.Not A Name: the name is that of a DataSource/);
        assert.ok(run.errors["misspelt"]?.isResourceError);
        assert.deepEqual(
            run.registered.filter(({ name }) => /^(misspelt|empty|one-source)-/.test(name)),
            [],
        );
    });
});
