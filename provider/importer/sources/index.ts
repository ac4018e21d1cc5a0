// Every kind of source there is, one line each.
import type { Source, SourceOptions, SourceSpec } from "../contract.js";
import { fileSource } from "./file.js";
import { httpSource } from "./http.js";
import { redactUrl } from "./http-url.js";

/** Opens nothing yet: sources connect when they are asked for something. */
export function openSource(spec: SourceSpec, options: SourceOptions): Source {
    switch (spec.kind) {
        case "file":
            return fileSource(spec.path);
        case "http":
            return httpSource(spec, options);
    }
}

/** The source for messages and records: never with credentials or the values of a query. */
export function sourceName(spec: SourceSpec): string {
    return spec.kind === "file" ? spec.path : redactUrl(spec.url);
}
