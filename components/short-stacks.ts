// What Pulumi's runtime does for each property of a resource, at a bearable price.

/**
 * Runs before `super(...)` of a resource class: Pulumi keeps a stack for each of its promises, four for every property, to tell
 * where a leaked one came from, and maps each to its TypeScript. With 500 boot sources that is half of an unchanged preview.
 * `restore` must run once the resource is constructed; with an error it gives that the stack that it would have had.
 */
export function withoutStacks(): { restore(error?: unknown): void } {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    return {
        restore: (error) => {
            Error.stackTraceLimit = stackTraceLimit;
            if (error instanceof Error) Error.captureStackTrace(error);
        },
    };
}
