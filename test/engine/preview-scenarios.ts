// The changes that previews are held to: what was there before, and the program that is previewed and then carried out.
import type * as bootsource from "../../components/index.js";

/** Images at hand: by url (2 MiB) and as a file (1 MiB) beside the project, with content that a number decides. */
export interface Site {
    url(name: string, seed: number): string;
    file(name: string, seed: number): string;
}

type Package = typeof bootsource;

/** A program of a user's. */
type Program = (site: Site, kit: Package) => void;

interface Scenario {
    readonly title: string;
    readonly before?: readonly Program[];
    readonly after: Program;
}

const image =
    (seed: number, more: Partial<bootsource.ImportedImageArgs> = {}, name = "disk.img"): Program =>
    (site, { ImportedImage }) => {
        new ImportedImage("disk", { source: { http: { url: site.url(name, seed) } }, ...more });
    };

const blank =
    (size: string, more: Partial<bootsource.ImportedImageArgs> = {}): Program =>
    (_site, { ImportedImage }) => {
        new ImportedImage("disk", { source: { blank: {} }, storage: { size }, ...more });
    };

const source =
    (seed: number, more: Partial<bootsource.BootSourceArgs> = {}, name = "fedora"): Program =>
    (site, { BootSource }) => {
        new BootSource(name, {
            source: { http: { url: site.url("fedora.img", seed) } },
            updates: "reviewed",
            ...more,
        });
    };

const local =
    (more: Partial<bootsource.BootSourceArgs> = {}, name = "debian"): Program =>
    (site, { BootSource }) => {
        new BootSource(name, { source: { file: { path: site.file(`${name}.img`, 7) } }, schedule: "", ...more });
    };

const defaults =
    (args: Partial<bootsource.StorageDefaultArgs>, sources: readonly string[] = []): Program =>
    (site, kit) => {
        const made = new kit.StorageDefault("vms", { storageClassName: "thin", ...args });
        for (const name of sources) {
            const path = site.file(`${name}.img`, name.length);
            new kit.BootSource(name, { source: { file: { path } }, schedule: "" }, { dependsOn: [made] });
        }
    };

const two: Program = (site, kit) => {
    for (const name of ["alpha", "beta"]) {
        const path = site.file(`${name}.img`, name.length);
        new kit.BootSource(name, { source: { file: { path } }, schedule: "" });
    }
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

const profile =
    (dataImportCronSourceFormat: string): Program =>
    (_site, { StorageDefault }) => {
        new StorageDefault("vms", { storageClassName: "thin", role: "none", dataImportCronSourceFormat });
    };

const thin = { storageClassName: "thin" };
const snapshots = { dataImportCronSourceFormat: "snapshot" };

const carried = (carrier: string, more: Partial<bootsource.BootSourceArgs> = {}): Program =>
    local({
        source: { registry: { url: "docker://quay.io/containerdisks/fedora:latest" } },
        schedule: "@yearly",
        carrier,
        ...more,
    });

/** Each create, update and replace of each resource. */
export const scenarios: readonly Scenario[] = [
    { title: "image: imported from the web", after: image(1) },
    { title: "image: an empty disk is made", after: blank("4Mi") },
    { title: "image: imported to a larger disk", after: image(1, { storage: { size: "8Mi" } }) },
    { title: "image: imported onto a class that is named", after: image(1, { storage: thin }) },
    { title: "image: unchanged", before: [image(1)], after: image(1) },
    { title: "image: a larger disk grows in place", before: [blank("4Mi")], after: blank("6Mi") },
    {
        title: "image: labels alone leave the disk alone",
        before: [blank("4Mi")],
        after: blank("4Mi", { labels: { team: "a" } }),
    },
    { title: "image: other content from another address", before: [image(1)], after: image(2, {}, "other.img") },
    { title: "image: another class brings it in there", before: [image(1)], after: image(1, { storage: thin }) },
    { title: "image: under another name", before: [image(1)], after: image(1, { name: "renamed" }) },
    { title: "image: in another namespace", before: [image(1)], after: image(1, { namespace: "lab" }) },
    {
        title: "image: a clone of another one's disk",
        before: [blank("4Mi", { name: "golden" })],
        after: both(blank("4Mi", { name: "golden" }), (_site, { ImportedImage }) => {
            new ImportedImage("clone", { source: { pvc: { namespace: "default", name: "golden" } } });
        }),
    },
    {
        title: "image: sent from this machine",
        after: (site, { ImportedImage }) => {
            new ImportedImage("disk", { source: { upload: { path: site.file("mine.img", 3) } } });
        },
    },
    { title: "boot source: imported from the web", after: source(1) },
    { title: "boot source: imported from a file", after: local() },
    { title: "boot source: imported onto a class that is named", after: local({ storage: thin }) },
    { title: "boot source: unchanged", before: [source(1)], after: source(1) },
    { title: "boot source: a newer image, beside the one that stays", before: [source(1)], after: source(2) },
    {
        title: "boot source: a newer image, and the old one leaves",
        before: [source(1, { importsToKeep: 1 })],
        after: source(2, { importsToKeep: 1 }),
    },
    {
        title: "boot source: the third image of two that are kept",
        before: [source(1, { importsToKeep: 2 }), source(2, { importsToKeep: 2 })],
        after: source(3, { importsToKeep: 2 }),
    },
    {
        title: "boot source: fewer are kept",
        before: [source(1), source(2), source(3)],
        after: source(3, { importsToKeep: 1 }),
    },
    {
        title: "boot source: nothing is collected",
        before: [source(1, { importsToKeep: 1, garbageCollect: "Never" })],
        after: source(2, { importsToKeep: 1, garbageCollect: "Never" }),
    },
    { title: "boot source: another schedule", before: [source(1)], after: source(1, { schedule: "@daily" }) },
    { title: "boot source: labels", before: [source(1)], after: source(1, { labels: { team: "a" } }) },
    { title: "boot source: another class is a copy", before: [local()], after: local({ storage: thin }) },
    {
        title: "boot source: another class, and the first one's image leaves",
        before: [local({ importsToKeep: 1 })],
        after: local({ importsToKeep: 1, storage: thin }),
    },
    {
        title: "boot source: kept as a snapshot, of one import that is kept",
        before: [both(local({ importsToKeep: 1, storage: thin }), profile("pvc"))],
        after: both(local({ importsToKeep: 1, storage: thin }), profile("snapshot")),
    },
    { title: "boot source: under another name", before: [local()], after: local({ managedDataSource: "debian13" }) },
    { title: "boot source: another name of its cron", before: [local()], after: local({ name: "mine" }) },
    { title: "boot source: in another namespace", before: [local()], after: local({ namespace: "lab" }) },
    { title: "boot source: two at once", after: two },
    { title: "boot source: an entry of the platform's list", after: carried("hyperConverged") },
    {
        title: "boot source: its cron goes over to the platform's list",
        before: [carried("cron")],
        after: carried("hyperConverged"),
    },
    {
        title: "boot source: a cron of its own again, on another class",
        before: [carried("hyperConverged")],
        after: carried("cron", { storage: thin }),
    },
    { title: "default: a class is marked, and nothing follows", after: defaults({ role: "virt" }) },
    { title: "default: both roles, taken from another class", after: defaults({ role: "both" }) },
    { title: "default: a class is marked before the images that land there", after: defaults({}, ["alpha", "beta"]) },
    {
        title: "default: the format is set before the images that land there",
        after: defaults({ ...snapshots }, ["alpha"]),
    },
    { title: "default: boot sources follow", before: [two], after: both(two, defaults({})) },
    {
        title: "default: boot sources follow, into snapshots",
        before: [two],
        after: both(two, defaults({ ...snapshots })),
    },
    {
        title: "default: another class takes over",
        before: [defaults({ role: "virt" })],
        after: defaults({ role: "virt", storageClassName: "plain" }),
    },
    { title: "default: the profile alone", after: defaults({ role: "none", cloneStrategy: "copy" }) },
    {
        title: "default: snapshots in place of claims",
        before: [both(two, defaults({}))],
        after: both(two, defaults({ ...snapshots })),
    },
    { title: "system: switched on", after: system() },
    { title: "system: off from the beginning", after: system({ enabled: false }) },
    { title: "system: switched off, images stay", before: [system()], after: system({ enabled: false }) },
    {
        title: "system: switched off, and the images go",
        before: [system()],
        after: system({ enabled: false, images: "delete" }),
    },
    {
        title: "system: switched on again, the images are there",
        before: [system(), system({ enabled: false })],
        after: system(),
    },
    {
        title: "system: one has another schedule",
        before: [system()],
        after: system({ overrides: { fedora: { schedule: "0 3 * * *" } } }),
    },
    {
        title: "system: one goes to another class",
        before: [system()],
        after: system({ overrides: { fedora: { storage: thin } } }),
    },
    {
        title: "system: one is off",
        before: [system()],
        after: system({ overrides: { fedora: { enabled: false } } }),
    },
    {
        title: "catalog: a class, the system and two of its own",
        after: (site, { BootSourceCatalog }) => {
            new BootSourceCatalog("images", {
                storageDefault: { storageClassName: "thin", ...snapshots },
                system: { enabled: false },
                bootSources: {
                    alpha: { source: { file: { path: site.file("alpha.img", 1) } }, schedule: "" },
                    beta: { source: { http: { url: site.url("beta.img", 2) } }, schedule: "" },
                },
            });
        },
    },
];
