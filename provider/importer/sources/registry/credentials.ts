// Whom a registry takes us for: a user name and a password, or the entry of a docker config.json that speaks of it.
import { type Login, loginFrom, trimmed } from "../../../model/docker-config.js";
import type { ImageReference } from "../../../model/image-reference.js";
import type { RegistrySpec } from "../../contract.js";

/** What proves who asks. */
export type Credentials = Login;

/** The credentials for a reference; undefined where it is read by nobody in particular. */
export function credentialsFor(spec: RegistrySpec, reference: ImageReference): Credentials | undefined {
    const username = trimmed(spec.username);
    const password = trimmed(spec.password);
    if (username !== "" || password !== "") return { username, password };
    const config = trimmed(spec.dockerConfigJson);
    return config === "" ? undefined : loginFrom(config, reference);
}

/** The `authorization` for a user name and a password. */
export function basicHeader({ username, password }: Extract<Credentials, { username: string }>): string {
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
