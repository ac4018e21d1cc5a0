// Door 1: what the constant line of text loads in Pulumi's dynamic provider process. Transport only.
import "../model/require-node.js";
import { BootsourceError } from "../model/errors.js";
import { PartialFailure, type Session } from "../lifecycle/session.js";
import { type ResourceKind, resources } from "../lifecycle/registry.js";
import { type PulumiConfig, openSession, reachEngine, untilSaid } from "./engine.js";

type Properties = Record<string, unknown>;

/** The methods that Pulumi's dynamic provider process calls; see pulumi/pulumi sdk/nodejs/dynamic. */
export interface DynamicProvider {
    configure(request: { config: PulumiConfig }): Promise<void>;
    check(
        olds: Properties,
        news: Properties,
    ): Promise<{ inputs: Properties; failures: { property: string; reason: string }[] }>;
    diff(id: string, olds: Properties, news: Properties): Promise<{ replaces: string[]; deleteBeforeReplace: boolean }>;
    create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
    read(id: string, props: Properties): Promise<{ id?: string; props?: Properties; inputs?: Properties }>;
    update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
    delete(id: string, props: Properties): Promise<void>;
}

/** The provider of one resource class. One session serves all classes of a process. */
export function provider(kind: ResourceKind): DynamicProvider {
    if (!Object.hasOwn(resources, kind)) {
        throw new BootsourceError(
            "failed",
            `cannot manage a ${kind}: the installed pulumi-bootsource does not know that resource; update the package`,
        );
    }
    reachEngine();
    // Configure stores the promise at once: of two creates that start together the second must not see half a session.
    let session: Promise<Session> | undefined;
    const ready = (): Promise<Session> => {
        if (session === undefined) throw new BootsourceError("failed", "cannot work before the provider is configured");
        return session;
    };
    return {
        configure: async ({ config }) => {
            session = openSession(config);
            await session;
        },
        check: async (olds, news) => {
            const { __urn: urn, __preview: preview, ...args } = bare(news);
            const request = { kind, urn: String(urn), preview: preview === true, olds: bare(olds), news: args };
            try {
                return await (await ready()).check(request);
            } catch (error) {
                // A thrown error would be printed twice and with a stack; a failure is one sentence on the resource's row.
                return { inputs: args, failures: [{ property: "", reason: sentence(error) }] };
            } finally {
                await untilSaid();
            }
        },
        diff: async (_id, olds, news) => {
            // `changes` is left out: the engine compares the inputs itself and shows each property.
            const { replaces } = (await ready()).diff(kind, bare(olds), bare(news));
            return { replaces, deleteBeforeReplace: false };
        },
        create: async (inputs) => {
            const made = await (await ready()).create(kind, bare(inputs)).catch(rethrowWith(inputs)).finally(untilSaid);
            return { id: made.id, outs: made.state };
        },
        read: async (id, props) => {
            const seen = await (await ready()).read(kind, id, bare(props)).catch(withoutStack).finally(untilSaid);
            if (seen === undefined) return {};
            return { id: seen.id, props: seen.state, ...(seen.inputs === undefined ? {} : { inputs: seen.inputs }) };
        },
        update: async (_id, olds, news) => {
            const made = await (
                await ready()
            )
                .update(kind, bare(olds), bare(news))
                .catch(rethrowWith(news))
                .finally(untilSaid);
            return { outs: made.state };
        },
        delete: async (_id, props) => {
            await (await ready()).delete(kind, bare(props)).catch(withoutStack).finally(untilSaid);
        },
    };
}

/** Properties without the text that Pulumi adds to them. */
function bare(properties: Properties): Properties {
    const { __provider: _text, ...rest } = properties;
    return rest;
}

/** Pulumi saves a resource whose create got somewhere, from these fields; the text is needed to ever reach it again. */
function rethrowWith(inputs: Properties): (error: unknown) => never {
    return (error) => {
        if (!(error instanceof PartialFailure)) throw error;
        throw Object.assign(new Error(error.message), {
            id: error.made.id,
            properties: { ...error.made.state, __provider: inputs["__provider"] },
            reasons: [error.message],
        });
    };
}

/** Read and delete print the error with its stack: what the user can act on is the sentence alone. */
function withoutStack(error: unknown): never {
    throw Object.assign(new Error(sentence(error)), { stack: "", name: "bootsource" });
}

function sentence(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
