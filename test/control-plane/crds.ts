// CustomResourceDefinitions of a stream of YAML, applied and waited for.
import type { Api } from "./api.js";
import { until } from "./until.js";

/** Applies them all, and waits until the API server serves them. */
export async function applyCrds(api: Api, streams: readonly string[]): Promise<void> {
    const crds = streams.flatMap((text) => text.split(/^---$/m)).filter((text) => text.includes("kind:"));
    await Promise.all(
        crds.map(async (text) => {
            const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${nameIn(text)}`;
            await api.apply(path, text);
            await until(`${path} is established`, async () => {
                const { status } = await api.get(path);
                const conditions = ((status as { conditions?: unknown }).conditions ?? []) as {
                    type: string;
                    status: string;
                }[];
                return conditions.some(({ type, status: is }) => type === "Established" && is === "True");
            });
        }),
    );
}

/** The name, which is the only key of that indentation under `metadata`. */
function nameIn(text: string): string {
    const [, name] = /^metadata:\n(?:[ ]{2,}.*\n)*?[ ]{2}name: (\S+)$/m.exec(text) ?? [];
    if (name === undefined) throw new Error(`cannot find the name of a CRD: ${text.slice(0, 200)}`);
    return name;
}
