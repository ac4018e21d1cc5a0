// The changes on a cluster that previews are held to: what was there before, and the program that is previewed and then carried out.
import type * as bootsource from "../../components/index.js";

/** What a program finds: images of 1 MiB on the web and in a registry, whose content a number decides, and two classes. */
export interface ClusterSite {
    url(name: string, seed: number): string;
    registry(seed: number): string;
    readonly namespace: string;
    readonly classes: { readonly plain: string; readonly other: string };
}

type Package = typeof bootsource;
type Program = (site: ClusterSite, kit: Package) => void;

/** One change: from what the step before left to what this program says. */
export interface ClusterStep {
    readonly title: string;
    readonly program: Program;
    /** What the arguments of what is deleted say, as no preview of Pulumi asks a provider about a delete. */
    readonly says?: (site: ClusterSite) => Deleted;
}

interface Deleted {
    /** Whether the claims that are there go. */
    readonly claims?: boolean;
    readonly crons?: boolean;
    readonly marked?: readonly string[];
    readonly unmarked?: readonly string[];
    readonly switched?: string;
    /** DataSources that lead elsewhere for it. */
    readonly repointed?: readonly string[];
}

/** The life of a resource. */
export interface ClusterLife {
    readonly title: string;
    readonly steps: readonly ClusterStep[];
    /** Whether HCO and SSP are played. */
    readonly platform?: boolean;
}

const nothing: Program = () => undefined;

const image =
    (seed: number, more: Partial<bootsource.ImportedImageArgs> = {}): Program =>
    (site, { ImportedImage }) => {
        const source = { http: { url: site.url(`disk-${seed}.img`, seed) } };
        new ImportedImage("disk", { source, storage: { size: "4Mi" }, ...more });
    };

const blank =
    (size: string): Program =>
    (_site, { ImportedImage }) => {
        new ImportedImage("disk", { source: { blank: {} }, storage: { size } });
    };

const boot =
    (seed: number, more: Partial<bootsource.BootSourceArgs> = {}): Program =>
    (site, { BootSource }) => {
        const source = { registry: { url: site.registry(seed) } };
        new BootSource("fedora", {
            source,
            schedule: "0 3 1 1 *",
            updates: "reviewed",
            storage: { size: "4Mi" },
            ...more,
        });
    };

const defaults =
    (args: Partial<bootsource.StorageDefaultArgs> = {}): Program =>
    ({ classes }, { StorageDefault }) => {
        new StorageDefault("vms", { storageClassName: classes.other, ...args });
    };

const system =
    (args: bootsource.SystemBootSourcesArgs = {}): Program =>
    (_site, { SystemBootSources }) => {
        new SystemBootSources("system", args);
    };

const both =
    (...programs: readonly Program[]): Program =>
    (site, kit) => {
        for (const program of programs) program(site, kit);
    };

const copies = { cloneStrategy: "copy" } as const;
const back = { onDelete: "restore" } as const;

/** Each create, update, replace and delete of each resource. */
export const clusterLives: readonly ClusterLife[] = [
    {
        title: "an image",
        steps: [
            { title: "an empty disk is made", program: blank("4Mi") },
            { title: "it grows in place", program: blank("6Mi") },
            { title: "an import takes its place", program: image(1) },
            { title: "another image, and the old disk goes", program: image(2) },
            { title: "nothing changes", program: image(2) },
            { title: "deleted", program: nothing, says: () => ({ claims: true }) },
        ],
    },
    {
        title: "a boot source",
        steps: [
            { title: "imported from a registry", program: boot(1) },
            { title: "another schedule", program: boot(1, { schedule: "0 4 1 1 *" }) },
            { title: "a newer image", program: boot(2, { schedule: "0 4 1 1 *" }) },
            { title: "under another name", program: boot(2, { managedDataSource: "fedora42" }) },
            { title: "deleted: its images stay", program: nothing, says: () => ({ crons: true }) },
        ],
    },
    {
        title: "a storage default",
        steps: [
            { title: "a boot source before it", program: boot(3) },
            { title: "the profile alone", program: both(boot(3), defaults({ role: "none", ...copies })) },
            {
                title: "both roles, and the boot source follows",
                program: both(boot(3), defaults({ role: "both", ...copies, ...back })),
            },
            {
                title: "deleted: the marks go back",
                program: nothing,
                says: ({ classes: { plain, other } }) => ({
                    crons: true,
                    marked: [`cluster ${plain}`],
                    unmarked: [`cluster ${other}`, `virt ${other}`],
                }),
            },
        ],
    },
    {
        title: "the system boot sources",
        platform: true,
        steps: [
            { title: "taken as they are", program: system(back) },
            {
                title: "one has another schedule",
                program: system({ ...back, overrides: { fedora: { schedule: "0 4 1 1 *" } } }),
            },
            { title: "switched off: the images stay", program: system({ ...back, enabled: false }) },
            {
                title: "deleted: the switch is thrown back",
                program: nothing,
                says: () => ({ switched: "true", repointed: ["kubevirt-os-images/fedora"] }),
            },
        ],
    },
];
