// What a request is about, in the words of the API and in those of a message.
import { type Kind, type Ref, kinds } from "../model/objects.js";
import { describeRef } from "../cluster/wait.js";

/** The verbs of Kubernetes' roles that we use. */
export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

/** A kind of the API: ours, or one that only this room reads. */
export interface Api {
    readonly kind: string;
    readonly apiVersion: string;
    /** As roles and paths name it. */
    readonly plural: string;
    readonly namespaced: boolean;
    /** Whether the status is a part of its own: CDI's crons and DataSources have none. */
    readonly statusPart: boolean;
}

/** What is done to what. */
export interface Subject {
    readonly verb: Verb;
    readonly api: Api;
    readonly namespace: string | undefined;
    readonly name?: string | undefined;
    readonly part?: string | undefined;
    /** For a document that is no object. */
    readonly path?: string | undefined;
}

const plurals: { readonly [K in Kind]: string } = {
    StorageClass: "storageclasses",
    PersistentVolumeClaim: "persistentvolumeclaims",
    DataVolume: "datavolumes",
    Secret: "secrets",
    ConfigMap: "configmaps",
    DataSource: "datasources",
    DataImportCron: "dataimportcrons",
    VolumeSnapshot: "volumesnapshots",
    VolumeSnapshotClass: "volumesnapshotclasses",
    StorageProfile: "storageprofiles",
    Namespace: "namespaces",
    ResourceQuota: "resourcequotas",
    LimitRange: "limitranges",
    PersistentVolume: "persistentvolumes",
    CDIConfig: "cdiconfigs",
    APIService: "apiservices",
    Role: "roles",
    RoleBinding: "rolebindings",
    Lease: "leases",
    HyperConverged: "hyperconvergeds",
};

const withStatusPart: readonly Kind[] = [
    "PersistentVolumeClaim",
    "DataVolume",
    "VolumeSnapshot",
    "StorageProfile",
    "CDIConfig",
    "HyperConverged",
];

/** The API of one of our kinds. */
export function apiOf(kind: Kind): Api {
    return { kind, ...kinds[kind], plural: plurals[kind], statusPart: withStatusPart.includes(kind) };
}

/** The path of an object, of all of a namespace, or of all there are. */
export function pathOf({ api, namespace, name, part, path }: Omit<Subject, "verb">): string {
    if (path !== undefined) return path;
    const root = api.apiVersion.includes("/") ? `/apis/${api.apiVersion}` : `/api/${api.apiVersion}`;
    const within = api.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    const object = name === undefined ? "" : `/${encodeURIComponent(name)}`;
    return `${root}${within}/${api.plural}${object}${part === undefined ? "" : `/${part}`}`;
}

/** The group of an API: "" for the oldest one. */
export function groupOf({ apiVersion }: Api): string {
    return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** "update the status of DataVolume default/fedora". */
export function describe({ verb, api, namespace, name, part }: Subject): string {
    const of = part === undefined ? "" : `the ${part} of `;
    if (name !== undefined) return `${verb} ${of}${api.kind} ${describeRef({ namespace, name } satisfies Ref)}`;
    const where = namespace === undefined ? "" : ` in the namespace ${namespace}`;
    return `${verb} ${of}${api.plural}${where}`;
}
