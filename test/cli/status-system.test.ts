// bootsource status over the platform's own boot sources, as `pulumi up` leaves them in a store: on, overridden, one off, all off.
import assert from "node:assert/strict";
import type * as bootsource from "../../components/index.js";
import { ok } from "../engine/storage-default-program.js";
import { useSystem } from "../engine/system-program.js";
import { runCommand } from "./run-command.js";

/** What `--json` prints, as far as it is looked at. */
interface Told {
    readonly stores: readonly [
        {
            readonly sources: readonly {
                readonly name: string;
                readonly origin: string;
                readonly state: string;
                readonly ready: boolean;
                readonly stale: string | null;
                readonly reasons: readonly string[];
            }[];
            readonly leftovers: readonly { readonly name: string; readonly cron: string }[];
            readonly alerts: readonly { readonly name: string }[];
            readonly hyperConverged: {
                readonly switchedOn: boolean;
                readonly disabled: readonly string[];
                readonly templates: readonly {
                    readonly metadata: { readonly name: string };
                    readonly status: unknown;
                }[];
            } | null;
        },
    ];
}

describe("bootsource status of system boot sources", function () {
    this.timeout(180_000);
    const system = useSystem();
    const up = async (args: bootsource.SystemBootSourcesArgs): Promise<void> => {
        ok(await system.run("up", system.program(args)));
    };
    const status = (...flags: string[]) => runCommand(["status", "--store", system.engine.project.store, ...flags]);
    const told = async (): Promise<Told["stores"][0] & { readonly code: number | null }> => {
        const { code, stdout } = await status("--json");
        return { ...(JSON.parse(stdout) as Told).stores[0], code };
    };

    it("tells whose each is, and which are off, one by one and all at once [A12, A18, A100, A102]", async () => {
        await up({
            enabled: true,
            overrides: { fedora: { schedule: "0 4 * * *" }, "centos-stream9": { enabled: false } },
        });
        const on = await told();
        assert.deepEqual(
            on.sources.map(({ name, origin, state }) => [name, origin, state]),
            [
                ["centos-stream10", "system", "up-to-date"],
                ["fedora", "overridden", "up-to-date"],
            ],
        );
        assert.deepEqual([on.code, on.hyperConverged?.disabled], [0, ["centos-stream9-image-cron"]]);
        assert.deepEqual(
            on.hyperConverged?.templates.map((one) => [one.metadata.name, one.status]),
            [
                ["centos-stream10-image-cron", { commonTemplate: true }],
                ["fedora-image-cron", { commonTemplate: true, modified: true }],
            ],
        );
        const { stdout } = await status();
        assert.match(stdout, /\nkubevirt-os-images\/fedora +up to date +overridden /);
        assert.match(stdout, /\nThe platform's own list:\n {2}switched off one by one: centos-stream9-image-cron\n/);

        await up({ enabled: false });
        const off = await told();
        assert.equal(off.code, 1, "images are there, and nothing can be cloned");
        assert.deepEqual(
            off.sources.map(({ name, origin, state, ready, stale }) => [name, origin, state, ready, stale]),
            ["centos-stream10", "fedora"].map((name) => [name, "disabled", "off", false, "not-ready"]),
        );
        assert.match(
            off.sources[1]?.reasons.join() ?? "",
            /bring its image fedora-\w+, which is still there, into a claim named fedora/,
        );
        assert.deepEqual(
            off.leftovers.map(({ cron }) => cron),
            ["centos-stream10-image-cron", "fedora-image-cron"],
        );
        assert.equal(off.hyperConverged?.switchedOn, false);
        assert.deepEqual(
            off.alerts.filter(({ name }) => name === "CDIDataImportCronOutdated"),
            [],
        );
    });
});
