// Arguments of a component, checked as far as they are known: at once what the program says, and the rest when it comes to be known.
import * as pulumi from "@pulumi/pulumi";
import { type Complaint, describePath } from "../provider/model/complaints.js";
import { BootsourceError } from "../provider/model/errors.js";
import { type Path, unknownValue } from "../provider/model/unknown.js";

/**
 * The arguments, once nothing is wrong with them: throws with each complaint and its path, on the row of the resource.
 * A value that will only be known later passes, and is checked on its way to the engine.
 */
export function checkArguments<T extends object>(
    complaintsAbout: (known: unknown) => Complaint[],
    args: T,
    doing: string,
    resource: pulumi.Resource | undefined,
): T {
    const check = (arrived?: Arrived): void => {
        const complaints = complaintsAbout(asKnown(args, [], arrived));
        if (complaints.length === 0) return;
        const reasons = complaints.map(({ path, reason }) => [describePath(path), reason].filter(Boolean).join(": "));
        const cause = new BootsourceError("invalid-argument", `cannot ${doing}: ${reasons.join("; ")}`);
        throw Object.assign(new pulumi.ResourceError(cause.message, resource, true), { cause });
    };
    check();
    return watched(args, [], check) as T;
}

/** A value that came to be known, and where it stands. */
interface Arrived {
    readonly at: Path;
    readonly value: unknown;
}

/** The arguments as they can be checked: what is not known yet is marked so. */
function asKnown(value: unknown, at: Path, arrived: Arrived | undefined): unknown {
    if (isLater(value)) {
        const here = arrived?.at.length === at.length && arrived.at.every((step, index) => step === at[index]);
        return here ? arrived.value : unknownValue;
    }
    return mapInside(value, at, (inside, path) => asKnown(inside, path, arrived));
}

/** The arguments with a check behind each value that will only be known later. */
function watched(value: unknown, at: Path, check: (arrived: Arrived) => void): unknown {
    if (!isLater(value)) return mapInside(value, at, (inside, path) => watched(inside, path, check));
    return pulumi.output(value as pulumi.Input<string>).apply((known: unknown) => {
        check({ at, value: known });
        return known;
    });
}

/** A program's `undefined` is what it did not say. */
function mapInside(value: unknown, at: Path, change: (inside: unknown, path: Path) => unknown): unknown {
    if (Array.isArray(value)) return value.map((inside, index) => change(inside, [...at, index]));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
        Object.entries(value)
            .filter(([, inside]) => inside !== undefined)
            .map(([key, inside]) => [key, change(inside, [...at, key])]),
    );
}

function isLater(value: unknown): value is pulumi.Output<unknown> | Promise<unknown> {
    return pulumi.Output.isInstance(value) || value instanceof Promise;
}
