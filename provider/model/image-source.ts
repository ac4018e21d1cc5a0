// Where an image comes from, as a user may say it: one schema per source, with CDI's names and refusals in CDI's words.
import * as z from "zod";
import type { Access } from "./access.js";
import { parseGcsUrl, parseS3Url } from "./bucket-url.js";
import { parseChecksum } from "./digest.js";
import { isBootsourceError } from "./errors.js";
import { parseReference } from "./image-reference.js";
import { isDnsLabel, isDnsSubdomain } from "./names.js";
import { isUnknown } from "./unknown.js";

/** A string that some function must be able to read; what it throws is the refusal. */
const readable = (read: (text: string) => unknown): z.ZodString =>
    z.string().check(({ value, issues }) => {
        if (isUnknown(value)) return;
        try {
            read(value);
        } catch (error) {
            issues.push({ code: "custom", message: messageOf(error), input: undefined });
        }
    });

const nonEmpty = z.string().min(1, "it is empty");

/** "algorithm:hex", refused in CDI's words. */
export const checksum = z.string().check(({ value, issues }) => {
    if (isUnknown(value)) return;
    try {
        parseChecksum(value);
    } catch (error) {
        issues.push({ code: "custom", message: `Invalid checksum format: ${messageOf(error)}`, input: value });
    }
});

const url = (where: string, schemes: readonly string[]): z.ZodString =>
    z.string().check(({ value, issues }) => {
        if (isUnknown(value)) return;
        const refuse = (message: string): void => {
            issues.push({ code: "custom", message, input: undefined });
        };
        if (value === "") {
            refuse("spec.source source URL is empty");
            return;
        }
        const parsed = URL.canParse(value) ? new URL(value) : undefined;
        if (parsed === undefined) refuse("spec.source Invalid source URL: it needs the form https://server/path");
        else if (!schemes.includes(parsed.protocol)) {
            const known = schemes.map((scheme) => scheme.slice(0, -1));
            refuse(`spec.source Invalid source URL scheme: ${parsed.protocol}// (${known.join(" and ")} are known)`);
        } else if (parsed.username !== "" || parsed.password !== "") {
            refuse(`it holds credentials; give them in ${where}, where they are kept secret`);
        }
    });

const certificates = z
    .string()
    .refine((text) => isUnknown(text) || text.includes("-----BEGIN CERTIFICATE-----"), "it holds no PEM certificate");

const headerLine = z.string().refine((line) => isUnknown(line) || /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*$/.test(line), {
    message: 'it is not a header line "Name: value"',
});

/** JSON whose parts are secret: a refusal has neither the text nor the place in it. */
const secretObject = (what: string): z.ZodString =>
    readable((text) => {
        let found: unknown;
        try {
            found = JSON.parse(text);
        } catch {
            throw new TypeError("it is not JSON");
        }
        if (typeof found !== "object" || found === null || Array.isArray(found)) {
            throw new TypeError(`it is not the content of a ${what}`);
        }
    });

const keys = z.strictObject({ accessKeyId: z.string(), secretKey: z.string() });

/** What every source behind a network may name. */
const reached = {
    secretRef: z.string().optional(),
    certConfigMap: z.string().optional(),
    caCertificates: certificates.optional(),
};

const http = z
    .strictObject({
        url: url("source.http.credentials", ["http:", "https:"]),
        ...reached,
        credentials: keys.optional(),
        extraHeaders: z.array(headerLine).optional(),
        secretExtraHeaders: z.array(nonEmpty).optional(),
        insecureSkipVerify: z.boolean().optional(),
        checksum: checksum.optional(),
        checksumUrl: url("source.http.credentials", ["http:", "https:"]).optional(),
    })
    .check(oneOf(["credentials", "secretRef"], ["caCertificates", "certConfigMap"], ["checksumUrl", "checksum"]));

const registry = z
    .strictObject({
        url: readable(parseReference).optional(),
        imageStream: z.string().min(1, "Source registry ImageStream is not valid").optional(),
        pullMethod: z
            .enum(["pod", "node", ""], {
                error: ({ input }) => `ImportMethod ${String(input)} is neither pod, node or ""`,
            })
            .optional(),
        platform: z.strictObject({ architecture: nonEmpty.optional() }).optional(),
        ...reached,
        credentials: keys.optional(),
        dockerConfigJson: secretObject("docker config.json").optional(),
    })
    .check(
        oneOf(
            ["credentials", "secretRef"],
            ["dockerConfigJson", "secretRef"],
            ["dockerConfigJson", "credentials"],
            ["caCertificates", "certConfigMap"],
        ),
    )
    .check(({ value, issues }) => {
        const refuse = (path: string[], message: string): void => {
            issues.push({ code: "custom", path, message, input: undefined });
        };
        if ((value.url === undefined) === (value.imageStream === undefined)) {
            refuse([], "Source registry should have either URL or ImageStream");
        } else if (value.imageStream !== undefined && value.pullMethod !== "node" && !isUnknown(value.pullMethod)) {
            refuse(["imageStream"], "Source registry ImageStream is supported only with node pull import method");
        }
    });

const s3 = z
    .strictObject({
        url: readable(parseS3Url),
        ...reached,
        credentials: keys.extend({ sessionToken: z.string().optional() }).optional(),
        region: nonEmpty.optional(),
        anonymous: z.boolean().optional(),
    })
    .check(oneOf(["credentials", "secretRef"], ["anonymous", "credentials"], ["caCertificates", "certConfigMap"]));

const gcs = z
    .strictObject({
        url: readable(parseGcsUrl),
        ...reached,
        credentialsJson: secretObject("credentials.json").optional(),
        anonymous: z.boolean().optional(),
    })
    .check(
        oneOf(["credentialsJson", "secretRef"], ["anonymous", "credentialsJson"], ["caCertificates", "certConfigMap"]),
    );

/** A claim or a snapshot of the same world, refused in CDI's words. */
const cloned = (refusal: string) =>
    z.strictObject({
        namespace: z
            .string()
            .refine((name) => isUnknown(name) || isDnsLabel(name), `${refusal}: no namespace`)
            .optional(),
        name: z.string().refine((name) => isUnknown(name) || isDnsSubdomain(name), `${refusal}: no name`),
    });

const path = z.strictObject({ path: nonEmpty });

/** A source that the platform knows and this package leaves to others: the refusal says what to use. */
const refusedSource = (message: string): z.ZodType<undefined> =>
    z.unknown().refine(() => false, message) as unknown as z.ZodType<undefined>;

/** The schema of `source`. */
export const imageSource = z
    .strictObject({
        http: http.optional(),
        registry: registry.optional(),
        s3: s3.optional(),
        gcs: gcs.optional(),
        upload: path.optional(),
        pvc: cloned("spec.source.PVC source PVC is not valid").optional(),
        snapshot: cloned("spec.source.Snapshot source snapshot is not valid").optional(),
        file: path.optional(),
        blank: z.strictObject({}).optional(),
        imageio: refusedSource(
            "imageio (oVirt) is not imported here; have oVirt export the disk (or download it with its imageio client), and " +
                "name the file in source.upload or serve it for source.http",
        ).optional(),
        vddk: refusedSource(
            "vddk needs VMware's own library, which may not be shipped; export the machine as OVF (ovftool, govc export.ovf), " +
                "convert its disk to qcow2 with qemu-img, and name it in source.upload or serve it for source.http",
        ).optional(),
    })
    .refine((source) => Object.keys(source).length !== 0, "Missing Data volume source")
    .refine((source) => Object.keys(source).length < 2, "Multiple Data volume sources");

/** Where an image comes from, after validation: exactly one of the kinds. */
export type ImageSource = z.infer<typeof imageSource>;

/** The kinds of sources that bring an image in. */
export type SourceKind = Exclude<keyof ImageSource, "imageio" | "vddk">;

/** What a source may say, whichever kind it is. */
export interface SourceDetails {
    readonly url?: string | undefined;
    readonly path?: string | undefined;
    readonly name?: string | undefined;
    readonly namespace?: string | undefined;
    readonly imageStream?: string | undefined;
    readonly pullMethod?: "pod" | "node" | "" | undefined;
    readonly platform?: { readonly architecture?: string | undefined } | undefined;
    readonly region?: string | undefined;
    readonly anonymous?: boolean | undefined;
    readonly insecureSkipVerify?: boolean | undefined;
    readonly checksum?: string | undefined;
    readonly checksumUrl?: string | undefined;
    readonly secretRef?: string | undefined;
    readonly certConfigMap?: string | undefined;
    readonly caCertificates?: string | undefined;
    readonly credentials?:
        | { readonly accessKeyId: string; readonly secretKey: string; readonly sessionToken?: string | undefined }
        | undefined;
    readonly dockerConfigJson?: string | undefined;
    readonly credentialsJson?: string | undefined;
    readonly extraHeaders?: readonly string[] | undefined;
    readonly secretExtraHeaders?: readonly string[] | undefined;
}

/** The one source that is named. A preview may know neither its kind nor what it says. */
export function describeSource(source: ImageSource): {
    readonly kind: SourceKind | undefined;
    readonly details: SourceDetails | undefined;
} {
    if (isUnknown(source)) return { kind: undefined, details: undefined };
    const [kind, details] = Object.entries(source).find(([, value]) => value !== undefined) ?? [];
    const known = details !== undefined && !isUnknown(details);
    return { kind: kind as SourceKind | undefined, details: known ? details : undefined };
}

/** Credentials and certificates that stand in the arguments themselves. */
export function inlineAccess({ credentials, ...details }: SourceDetails): Access {
    return {
        username: credentials?.accessKeyId,
        password: credentials?.secretKey,
        sessionToken: credentials?.sessionToken,
        dockerConfigJson: details.dockerConfigJson,
        credentialsJson: details.credentialsJson,
        caCertificates: details.caCertificates,
        headers: details.extraHeaders,
    };
}

/** The text of whatever a reader threw. */
export function messageOf(error: unknown): string {
    if (isBootsourceError(error) || error instanceof TypeError) return error.message;
    throw error;
}

/** Refuses the first of two arguments that say the same thing in two ways; an empty reference counts as none. */
function oneOf(...pairs: [string, string][]) {
    return ({ value, issues }: { value: object; issues: z.core.$ZodRawIssue[] }): void => {
        const given = value as Readonly<Record<string, unknown>>;
        for (const [one, other] of pairs) {
            if (!given[one] || !given[other]) continue;
            issues.push({
                code: "custom",
                path: [one],
                message: `give ${one} or ${other}, not both`,
                input: undefined,
            });
        }
    };
}
