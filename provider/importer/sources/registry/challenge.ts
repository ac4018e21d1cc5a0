// What a registry answers to somebody it does not know: WWW-Authenticate, taken apart (RFC 9110, 11.6.1).

/** One way to prove who asks. */
export interface Challenge {
    /** In lower case: "bearer", "basic". */
    readonly scheme: string;
    readonly parameters: Readonly<Record<string, string | undefined>>;
}

/** The challenges of a header, in its order; what cannot be understood is left out. */
export function parseChallenges(header: string | undefined): Challenge[] {
    const found: { scheme: string; parameters: Record<string, string> }[] = [];
    for (const match of (header ?? "").matchAll(token)) {
        const [, name = "", value] = match;
        if (value === undefined) found.push({ scheme: name.toLowerCase(), parameters: {} });
        else {
            const parameters = found.at(-1)?.parameters;
            if (parameters !== undefined) parameters[name.toLowerCase()] = unquoted(value);
        }
    }
    return found;
}

/** A word, with a value behind it or without one. */
const token = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^\s,"]+))?/g;

function unquoted(value: string): string {
    return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}
