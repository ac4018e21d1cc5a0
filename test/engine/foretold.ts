// What a preview named, out of the lines that a person reads: each sentence becomes what it says will be there, or gone.
import type { Ran } from "./project.js";

/** What will be, as far as the sentences say it. */
export interface Foretold {
    /** "default/disk-1a2b3c4d": disks that come in under a name that is told. */
    readonly comes: string[];
    readonly goes: string[];
    readonly stays: string[];
    readonly grows: string[];
    /** DataSources that will lead elsewhere, and what is told of where. */
    readonly repointed: Record<string, { disk?: string; class?: string; format?: string }>;
    /** "1 MiB", as it is told, for each download from the web, and for each file of this machine by its path. */
    readonly downloads: string[];
    readonly files: Record<string, string>;
    readonly cronsGone: string[];
    readonly marked: string[];
    readonly unmarked: string[];
    readonly profiles: string[];
    switched: string | undefined;
    /** Entries of boot sources that come into the platform's list, "+fedora-image-cron", and that leave it. */
    readonly entries: string[];
    /** Sentences that nothing here understands: a test fails for them. */
    readonly strange: string[];
}

const roles: Readonly<Record<string, string>> = {
    "default for virtual machines": "virt",
    "cluster's default": "cluster",
};

type Reader = readonly [RegExp, (into: Foretold, parts: readonly string[]) => void];

const namespaceOf = (key: string): string => key.split("/")[0] ?? "";

/** Every sentence that a preview has for an effect. */
const readers: readonly Reader[] = [
    [
        /^imports boot source (\S+) \((\S+)\) from/,
        (into, [source = "", disk = ""]) => {
            into.comes.push(`${namespaceOf(source)}/${disk}`);
            into.repointed[source] = { disk: `${namespaceOf(source)}/${disk}` };
        },
    ],
    [/^imports boot source (\S+)( again)?( from|$)/, (into, [source = ""]) => (into.repointed[source] = {})],
    [
        /^copies boot source (\S+) to the storage class (\S+)/,
        (into, [source = "", to = ""]) => (into.repointed[source] = { class: to }),
    ],
    [
        /^copies boot source (\S+) \((\S+), as (pvc|snapshot)\)/,
        (into, [source = "", disk = "", format = ""]) =>
            (into.repointed[source] = { disk: `${namespaceOf(source)}/${disk}`, format }),
    ],
    [
        /^points boot source (\S+) to the kept import (\S+)/,
        (into, [source = "", disk = ""]) => (into.repointed[source] = { disk: `${namespaceOf(source)}/${disk}` }),
    ],
    [
        /^moves boot source (\S+) from \S+ \(\w+\) to (\S+) \((\w+)\)/,
        (into, [source = "", to = "", format = ""]) => (into.repointed[source] = { class: to, format }),
    ],
    [
        /^points DataSource (\S+) to claim (\S+?)(,|$)/,
        (into, [source = "", disk = ""]) => (into.repointed[source] = { disk }),
    ],
    [/^(?:imports|creates) claim (\S+)/, (into, [claim = ""]) => into.comes.push(claim)],
    [/^(?:keeps|adopts) (?:claim|image) (\S+)/, (into, [claim = ""]) => into.stays.push(claim)],
    [/^grows claim (\S+) .* -> (.+)$/, (into, [claim = "", size = ""]) => into.grows.push(`${claim} to ${size}`)],
    [/^removes image (\S+)/, (into, [image = ""]) => into.goes.push(image)],
    [/^removes DataImportCron (\S+)/, (into, [cron = ""]) => into.cronsGone.push(cron)],
    [
        /^marks the storage class (\S+) as the (.+)$/,
        (into, [name = "", role = ""]) => into.marked.push(`${roles[role] ?? role} ${name}`),
    ],
    [
        /^no longer marks the storage class (\S+) as the (.+)$/,
        (into, [name = "", role = ""]) => into.unmarked.push(`${roles[role] ?? role} ${name}`),
    ],
    [
        /^sets (\w+) of the storage profile (\S+) from .* to (.+)$/,
        (into, [field = "", name = "", value = ""]) => into.profiles.push(`${name} ${field} ${value}`),
    ],
    [/^sets the switch enableCommonBootImageImport from \w+ to (\w+)/, (into, [to = ""]) => (into.switched = to)],
    // What an entry of the list says is no deed of the store: its cron's are, and are told beside it.
    [/^sets \S+ of the entry \S+/, () => undefined],
    [/^creates entry (\S+) in the list of/, (into, [entry = ""]) => into.entries.push(`+${entry}`)],
    [/^moves DataImportCron \S+?\/(\S+) to the list of/, (into, [entry = ""]) => into.entries.push(`+${entry}`)],
    [/^moves entry (\S+) from the list of/, (into, [entry = ""]) => into.entries.push(`-${entry}`)],
];

/** Reads the lines of a preview that tell effects. */
export function foretoldBy({ diagnostics }: Ran): Foretold {
    const into: Foretold = {
        ...{ comes: [], goes: [], stays: [], grows: [], repointed: {}, downloads: [], files: {}, cronsGone: [] },
        ...{ marked: [], unmarked: [], profiles: [], switched: undefined, entries: [], strange: [] },
    };
    const said = diagnostics
        .filter((line) => line.startsWith("info "))
        .map((line) => line.replace(/^info(#\w+)? [^:]*: /, ""));
    for (const sentence of said) {
        const found = readers.find(([pattern]) => pattern.test(sentence));
        if (found === undefined) into.strange.push(sentence);
        else found[1](into, [...(found[0].exec(sentence) ?? [])].slice(1));
        const bytes = /\(([\d.]+ [KMG]?i?B) to download\)/.exec(sentence)?.[1];
        const file = / from (\.\/\S+)/.exec(sentence)?.[1];
        if (bytes !== undefined && file !== undefined) into.files[file] = bytes;
        // The registry's are not counted: it serves layers, and keeps what it is asked for to itself.
        else if (bytes !== undefined && !sentence.includes(" from docker://")) into.downloads.push(bytes);
    }
    return into;
}
