// Objects of the platform are JSON, and JSON knows no undefined.

/** The object without the keys whose value is undefined; what is inside its values stays as it is. */
export function withoutUndefined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
