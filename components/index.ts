// What a program imports.
import "../provider/model/require-node.js";

export { BootSource } from "./boot-source.js";
export type { BootSourceArgs, BootSourceImport, ObjectReference } from "./boot-source-args.js";
export { BootSourceCatalog } from "./boot-source-catalog.js";
export type { BootSourceCatalogArgs, CatalogEntry, Transform } from "./boot-source-catalog-args.js";
export { dataVolumeTemplate } from "./data-volume-template.js";
export type {
    DataSourceRefArgs,
    DataVolumeClaim,
    DataVolumeTemplate,
    DataVolumeTemplateOptions,
    DiskCloneArgs,
    DiskHttpSourceArgs,
    DiskRegistrySourceArgs,
    DiskSource,
    DiskSourceArgs,
} from "./data-volume-template-args.js";
export { ImportedImage } from "./imported-image.js";
export type {
    ClaimArgs,
    ClaimRequestArgs,
    ImageCondition,
    ImportedImageArgs,
    StorageArgs,
} from "./imported-image-args.js";
export type {
    AccessArgs,
    ClaimSourceArgs,
    SnapshotSourceArgs,
    CredentialsArgs,
    FileSourceArgs,
    GcsSourceArgs,
    HttpSourceArgs,
    ImportSourceArgs,
    KeysArgs,
    RegistrySourceArgs,
    S3SourceArgs,
    UploadSourceArgs,
} from "./import-source-args.js";
export { Provider } from "./provider.js";
export type { ProviderArgs, StorageClassArgs } from "./provider.js";
export { StorageDefault } from "./storage-default.js";
export type {
    ClaimPropertySetArgs,
    DefaultsByRole,
    ShownStorageProfile,
    StorageDefaultArgs,
    StorageProfileFields,
} from "./storage-default-args.js";
export { SystemBootSources } from "./system-boot-sources.js";
export type { SystemBootSourcesArgs, SystemOverrideArgs, SystemTemplate } from "./system-boot-sources-args.js";
export { VirtualMachine } from "./virtual-machine.js";
export type {
    AmountsArgs,
    CloudInitArgs,
    CpuArgs,
    InstancetypeArgs,
    NetworkArgs,
    NetworkInterfaceArgs,
    RootDiskArgs,
    VirtualMachineArgs,
    VirtualMachineStatus,
} from "./virtual-machine-args.js";
