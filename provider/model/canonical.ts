// One text for equal data, whatever the order of its keys: engine, JSON and code each keep them in their own.

/** The same text for the same data, whatever the order of keys; null and undefined count as absent. */
export function canonical(data: unknown): string {
    return JSON.stringify(order(data));
}

/** Whether two pieces of plain data say the same. */
export function isSame(one: unknown, other: unknown): boolean {
    return canonical(one) === canonical(other);
}

function order(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(order);
    if (!isObject(value)) return value;
    const present = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
    return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, order(item)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}
