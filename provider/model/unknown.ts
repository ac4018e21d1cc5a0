// Values that are not known yet, as they reach a provider during a preview, and validation that lets them pass anywhere.

/** What stands for a value that only the update will know, at any depth (the same text in every Pulumi SDK). */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value is not known yet. */
export function isUnknown(value: unknown): boolean {
    return value === unknownValue;
}

/** A path into arguments. */
export type Path = readonly (string | number)[];

/** Every place in the value that is not known yet. */
export function unknownPaths(value: unknown, at: Path = []): Path[] {
    if (isUnknown(value)) return [at];
    if (Array.isArray(value)) return value.flatMap((item, index) => unknownPaths(item, [...at, index]));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, item]) => unknownPaths(item, [...at, key]));
}

/** Whether `path` lies at or below one of the places. */
export function isWithin(path: Path, places: readonly Path[]): boolean {
    return places.some((place) => place.every((step, index) => String(step) === String(path[index])));
}
