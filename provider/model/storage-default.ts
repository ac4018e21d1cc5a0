// What a user may say of a storage default, and what is left of it after validation.
import * as z from "zod";
import { accessModes, className, volumeMode } from "./claim-args.js";

/** What a storage class can be the default for; "none" where only its profile is meant. */
export const storageRoles = ["virt", "cluster", "both", "none"] as const;

const claimPropertySet = z.strictObject({
    // CDI's profile controller gives up on a set that lacks one of the two (storageprofile-controller.go).
    accessModes: accessModes.min(1, "each ClaimPropertySet must provide both volume mode and access modes"),
    volumeMode,
});

/** The schema of `StorageDefaultArgs`, as a program passes them; unknown leaves are sorted out by the caller. */
export const storageDefaultArgs = z.strictObject({
    storageClassName: className,
    role: z.enum(storageRoles).optional(),
    exclusive: z.boolean().optional(),
    dataImportCronSourceFormat: z.enum(["pvc", "snapshot"]).optional(),
    claimPropertySets: z
        .array(claimPropertySet)
        .min(1, "it is empty; leave it out to keep what the class has")
        .optional(),
    cloneStrategy: z.enum(["copy", "snapshot", "csi-clone"]).optional(),
    snapshotClass: className.optional(),
    onDelete: z.enum(["keep", "restore"]).optional(),
    waitFor: z.enum(["own", "all", "none"]).optional(),
    movesAtOnce: z.number().int("it is a whole number").min(1, "with less than one nothing would ever move").optional(),
    takeOver: z.boolean().optional(),
    timeoutSeconds: z.number().positive("it must be more than zero").optional(),
});

/** A storage default after validation. */
export type StorageDefaultSpec = z.infer<typeof storageDefaultArgs>;
