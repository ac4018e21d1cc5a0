// What of a source must never be shown: wrapped before Pulumi sees it, so that state and diffs hold it encrypted.
import * as pulumi from "@pulumi/pulumi";
import type { ImportSourceArgs } from "./import-source-args.js";

/** What of a source must never be shown. */
const secrets: readonly string[] = ["credentials", "dockerConfigJson", "credentialsJson", "extraHeaders"];

/** Marks what must never be shown: Pulumi then keeps it encrypted in the state, inputs and outputs alike. */
export function withSecrets(source: pulumi.Input<ImportSourceArgs>): pulumi.Input<ImportSourceArgs> {
    return within(source, (known) =>
        Object.fromEntries(
            Object.entries(known).map(([kind, details]) => [
                kind,
                within(details as pulumi.Input<object>, (given) =>
                    Object.fromEntries(
                        Object.entries(given).map(([key, value]) => [
                            key,
                            value !== undefined && secrets.includes(key)
                                ? pulumi.secret(value as unknown)
                                : (value as unknown),
                        ]),
                    ),
                ),
            ]),
        ),
    );
}

/** Changes an object, also one that will only be known later; what is no object is for the schema to refuse. */
function within<T extends object>(input: pulumi.Input<T>, change: (known: T) => object): pulumi.Input<T> {
    const deep = (known: unknown): unknown =>
        typeof known === "object" && known !== null && !Array.isArray(known) ? change(known as T) : known;
    const later = pulumi.Output.isInstance(input) || input instanceof Promise;
    return (later ? pulumi.output(input).apply(deep) : deep(input)) as pulumi.Input<T>;
}
