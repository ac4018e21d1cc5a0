// The connections of the vendor's client for S3: its requests go out, and their answers come back, as those of every web source.
import { rawRequest, type RawQuestion } from "./raw-request.js";

/** A request as the client makes it, signed. */
interface SdkRequest {
    readonly method: string;
    readonly protocol: string;
    readonly hostname: string;
    readonly port?: number;
    readonly path: string;
    readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: RawQuestion["body"];
}

/** What the client takes for its `requestHandler`: it also asks for temporary keys through it. */
export function s3Handler(caCertificates: string | undefined): Record<string, unknown> {
    return {
        metadata: { handlerProtocol: "http/1.1" },
        async handle(request: SdkRequest, options?: { readonly abortSignal?: AbortSignal }) {
            const { status, headers, body } = await rawRequest({
                method: request.method,
                origin: originOf(request),
                path: request.path + queryOf(request.query ?? {}),
                headers: request.headers,
                body: request.body,
                caCertificates,
                signal: options?.abortSignal,
            });
            return { response: { statusCode: status, headers, body } };
        },
        updateHttpClientConfig: () => undefined,
        httpHandlerConfigs: () => ({}),
        destroy: () => undefined,
    };
}

function originOf({ protocol, hostname, port }: SdkRequest): string {
    return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
}

/** Every character is encoded but the unreserved ones, as the signature reckons it. */
function queryOf(query: NonNullable<SdkRequest["query"]>): string {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
        value === null ? [encode(name)] : [value].flat().map((one) => `${encode(name)}=${encode(one)}`),
    );
    return pairs.length === 0 ? "" : `?${pairs.sort().join("&")}`;
}

function encode(text: string): string {
    return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
