// Whose an object is: the URN of the resource that made it and a token that the resource's state holds too.
import { randomUUID } from "node:crypto";
import type { Metadata } from "../model/objects.js";

const urnKey = "pulumi-bootsource/urn";
const tokenKey = "pulumi-bootsource/token";

/** The mark that a resource leaves on what it makes. */
export interface Owner {
    readonly urn: string;
    readonly token: string;
}

/** A new owner with a token nobody else has. */
export function newOwner(urn: string): Owner {
    return { urn, token: randomUUID() };
}

/** The mark as annotations. */
export function ownerAnnotations(owner: Owner): Record<string, string> {
    return { [urnKey]: owner.urn, [tokenKey]: owner.token };
}

/** Who made the object; undefined where it was not one of our resources. */
export function ownerOf(metadata: Pick<Metadata, "annotations">): Owner | undefined {
    const urn = metadata.annotations?.[urnKey];
    const token = metadata.annotations?.[tokenKey];
    return urn === undefined || token === undefined ? undefined : { urn, token };
}

/** Whether the object carries the token that a state holds: only then may a delete touch it. */
export function holds(metadata: Pick<Metadata, "annotations">, token: string): boolean {
    return ownerOf(metadata)?.token === token;
}
