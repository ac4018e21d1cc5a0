// Environment variables for the time of one test.

/** Runs a body with these variables set (undefined: not set), and puts back what was there. */
export async function withEnvironment<T>(
    variables: Readonly<Record<string, string | undefined>>,
    body: () => Promise<T>,
): Promise<T> {
    const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
    set(Object.entries(variables));
    try {
        return await body();
    } finally {
        set(before);
    }
}

function set(variables: readonly (readonly [name: string, value: string | undefined])[]): void {
    for (const [name, value] of variables) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
    }
}
