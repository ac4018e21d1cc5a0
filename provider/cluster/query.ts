// What a list asks for and what a watch tells.

/** Narrows a list; both parts must hold. */
export interface Query {
    readonly namespace?: string;
    /** Labels that an object must carry, with these values. */
    readonly labels?: Readonly<Record<string, string>>;
}

/** One thing that happened to an object. `deleted` carries the object as it was last seen. */
export interface Change<T> {
    readonly type: "present" | "deleted";
    readonly object: T;
}

/** Whether an object's metadata answers a query. */
export function answers(
    metadata: { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> },
    query: Query = {},
): boolean {
    if (query.namespace !== undefined && metadata.namespace !== query.namespace) return false;
    return Object.entries(query.labels ?? {}).every(([label, value]) => metadata.labels?.[label] === value);
}
