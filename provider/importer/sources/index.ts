// Every kind of source there is, one line each.
import { redactBucketUrl } from "../../model/bucket-url.js";
import type { Source, SourceOptions, SourceSpec } from "../contract.js";
import { fileSource } from "./file.js";
import { gcsSource } from "./gcs.js";
import { httpSource } from "./http.js";
import { redactUrl } from "./http-url.js";
import { registryName, registrySource } from "./registry.js";
import { s3Source } from "./s3.js";
import { streamSource } from "./stream.js";

/** Opens nothing yet: sources connect when they are asked for something. */
export function openSource(spec: SourceSpec, options: SourceOptions): Source {
    switch (spec.kind) {
        case "file":
            return fileSource(spec.path);
        case "http":
            return httpSource(spec, options);
        case "registry":
            return registrySource(spec, options);
        case "s3":
            return s3Source(spec, options);
        case "gcs":
            return gcsSource(spec, options);
        case "stream":
            return streamSource(spec);
    }
}

/** The source for messages and records: never with credentials or the values of a query. */
export function sourceName(spec: SourceSpec): string {
    if (spec.kind === "file") return spec.path;
    if (spec.kind === "registry") return registryName(spec.url);
    if (spec.kind === "stream") return spec.name;
    return spec.kind === "s3" || spec.kind === "gcs" ? redactBucketUrl(spec.url) : redactUrl(spec.url);
}
