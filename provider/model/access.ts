// Credentials and trust for a source, under one shape, wherever they come from: arguments, Secrets, ConfigMaps, a stack's settings.

/** What a source may be given. All of it but the certificates is secret. */
export interface Access {
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    /** Comes with temporary keys of an object store. */
    readonly sessionToken?: string | undefined;
    /** Content of a docker config.json. */
    readonly dockerConfigJson?: string | undefined;
    /** Content of a Google credentials.json. */
    readonly credentialsJson?: string | undefined;
    readonly caCertificates?: string | undefined;
    /** Lines "Name: value". */
    readonly headers?: readonly string[] | undefined;
}

/** The keys of a Secret that a source names: the first two are CDI's, `credentials.json` as well; the others are ours. */
export const secretKeys = {
    username: "accessKeyId",
    password: "secretKey",
    sessionToken: "sessionToken",
    dockerConfigJson: ".dockerconfigjson",
    credentialsJson: "credentials.json",
} as const satisfies { readonly [K in keyof Access]?: string };

/** The access that a Secret's values give; a trailing newline is cut: CDI sends it, and breaks the header. */
export function accessFromSecret(values: Readonly<Record<string, string>>): Access {
    const entries = Object.entries(secretKeys).map(([name, key]) => [name, values[key]?.replace(/[\r\n]+$/, "")]);
    return Object.fromEntries(entries) as Access;
}

/** The values of the Secret that holds an access; empty where there is nothing secret in it. */
export function secretFromAccess(access: Access): Record<string, string> {
    const entries = Object.entries(secretKeys).flatMap(([name, key]) => {
        const value = access[name as keyof typeof secretKeys];
        return value === undefined ? [] : [[key, value.replace(/[\r\n]+$/, "")] as const];
    });
    return Object.fromEntries(entries);
}
