// What every object of the platform carries, whatever its kind.

/** What every object carries. Times are ISO 8601; `resourceVersion` changes with every write, `generation` with every spec. */
export interface Metadata {
    readonly name: string;
    /** Absent for kinds that belong to no namespace. */
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly creationTimestamp: string;
    /** It is being deleted: nobody takes it up any more. */
    readonly deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: OwnerReference[];
    /** Who wrote which field, as the API server keeps it. */
    readonly managedFields?: readonly ManagedFields[];
}

/** What one writer wrote (meta/v1 ManagedFieldsEntry). */
export interface ManagedFields {
    /** The writer's name. */
    readonly manager: string;
    /** "Apply" where the writer declares the field, and will write it again. */
    readonly operation: "Apply" | "Update";
    readonly time?: string;
    /** The fields as a tree of "f:<name>". */
    readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** Who made an object on behalf of another one: the child goes when its owner goes. */
export interface OwnerReference {
    /** One of the kinds of model/objects.ts. */
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
}

/** A condition as Kubernetes writes it. */
export interface Condition {
    readonly type: string;
    readonly status: "True" | "False" | "Unknown";
    readonly reason: string;
    readonly message: string;
    /** When `status` last changed. */
    readonly lastTransitionTime: string;
}

/** Where an object is; `namespace` only for kinds that have one. */
export interface Ref {
    readonly namespace?: string | undefined;
    readonly name: string;
}
