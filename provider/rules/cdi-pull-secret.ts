// A pull secret as CDI can take it: it reads a user name and a password of one registry, and no docker config.
import { loginFrom } from "../model/docker-config.js";
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import { parseReference } from "../model/image-reference.js";
import { type ImageSource, describeSource } from "../model/image-source.js";
import { isUnknown } from "../model/unknown.js";
import type { Refusal } from "./cdi-volume.js";

/** The arguments with the config's entry for the image's registry in its place; without one that registry is asked by nobody in particular. */
export function withLoginForCdi<Spec extends { readonly source: ImageSource }>(spec: Spec): Spec {
    const login = loginIn(spec.source);
    if (login === "none") return spec;
    const { dockerConfigJson: _whole, ...registry } = spec.source.registry ?? {};
    const credentials = login && { accessKeyId: login.username, secretKey: login.password };
    return { ...spec, source: { registry: { ...registry, ...(credentials === undefined ? {} : { credentials }) } } };
}

/** Why CDI cannot take it; the sentence has nothing of its content. */
export function refusedPullSecret(source: ImageSource): Refusal | undefined {
    try {
        loginIn(source);
        return undefined;
    } catch (thrown) {
        if (!isBootsourceError(thrown)) throw thrown;
        return { path: ["source", "registry", "dockerConfigJson"], reason: thrown.message };
    }
}

/** "none" where no config is given, or nothing is known of it or of the image yet. */
function loginIn(source: ImageSource): { username: string; password: string } | undefined | "none" {
    const { kind, details } = describeSource(source);
    const { dockerConfigJson: config, url } = details ?? {};
    if (kind !== "registry" || !config || !url || isUnknown(config) || isUnknown(url)) return "none";
    const reference = parseReference(url);
    if (reference.kind !== "docker") return "none";
    const login = loginFrom(config, reference);
    if (login !== undefined && "refreshToken" in login) {
        throw new BootsourceError(
            "invalid-argument",
            `CDI takes a user name and a password alone, and the docker config has an identity token for ${reference.host}; give a ` +
                "robot account's credentials, or let the nodes pull it (pullMethod: node)",
        );
    }
    return login;
}
