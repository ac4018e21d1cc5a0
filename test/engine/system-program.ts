// SystemBootSources of a store, by the real engine: the program, the registry that stands for the platform's, and the store as another process has it.
import * as bootsource from "../../components/index.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { systemNamespace } from "../../provider/rules/system-list.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { imageOf } from "./boot-source-program.js";
import { useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";

/** What the platform ships, as DataSources. */
export const shipped = ["centos-stream10", "centos-stream9", "fedora"] as const;

/** A DataSource, or what else is named like it, of the platform's namespace. */
export const at = (name: string): { namespace: string; name: string } => ({ namespace: systemNamespace, name });

/** A store, and a registry in the place of quay.io, with an image for each of the platform's boot sources. */
export function useSystem() {
    const engine = useEngine();
    let registry: FakeRegistry;
    before(async () => {
        registry = await startFakeRegistry({});
    });
    after(() => registry.close());
    const publish = (name: "fedora" | "centos-stream", tag: string, image: number): void => {
        registry.hold(`containerdisks/${name}`, tag, imageOf(image));
    };
    beforeEach(() => {
        publish("fedora", "latest", 1);
        publish("centos-stream", "9", 2);
        publish("centos-stream", "10", 3);
    });
    return {
        engine,
        publish,
        run: (operation: "up" | "preview" | "refresh" | "destroy", program?: Program, stack = "test"): Promise<Ran> =>
            engine.project.run(operation, program, {
                stack,
                config: {
                    mirrors: JSON.stringify({ "quay.io": registry.host }),
                    insecureRegistries: JSON.stringify([registry.host]),
                },
            }),
        look: async <T>(ask: (cluster: EmbeddedCluster) => Promise<T>): Promise<T> => {
            const cluster = new EmbeddedCluster(engine.project.store, { clock: systemClock, warn: () => undefined });
            return ask(cluster).finally(() => cluster.close());
        },
        program:
            (args?: bootsource.SystemBootSourcesArgs, name = "system"): Program =>
            () => {
                if (args === undefined) return Promise.resolve({});
                const made = new bootsource.SystemBootSources(name, args);
                const { switchedOn, switchedOnBefore, templates, dataSources, dangling } = made;
                return Promise.resolve({ switchedOn, switchedOnBefore, templates, dataSources, dangling });
            },
    };
}
