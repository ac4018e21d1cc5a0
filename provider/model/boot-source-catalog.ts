// What a catalog itself refuses; what its children are told they check themselves, each on its own row.
import * as z from "zod";
import { type Complaint, complaintsAbout } from "./complaints.js";
import { isDnsLabel } from "./names.js";

/** What is wrong with the arguments of a catalog; unknown leaves pass. */
export function bootSourceCatalogComplaints(args: unknown): Complaint[] {
    return complaintsAbout(catalogArgs, args);
}

/** What one boot source has and no other one can have as well. */
const each = ["source", "name", "managedDataSource", "pin"];

const object = z.record(z.string(), z.unknown());

const catalogArgs = z
    .strictObject({
        connection: object.optional(),
        storageDefault: object.optional(),
        system: object.optional(),
        defaults: object.optional(),
        bootSources: z.record(z.string(), object).optional(),
        transform: z
            .strictObject({
                storageDefault: z.unknown().optional(),
                system: z.unknown().optional(),
                bootSource: z.unknown().optional(),
            })
            .optional(),
    })
    .check(({ value: { defaults = {}, bootSources = {}, ...others }, issues }) => {
        const refuse = (path: string[], message: string): void => {
            issues.push({ code: "custom", path, message, input: undefined });
        };
        for (const key of each.filter((key) => defaults[key] !== undefined)) {
            refuse(["defaults", key], `it is each boot source's own; give it below bootSources`);
        }
        for (const name of Object.keys(bootSources).filter((name) => !isDnsLabel(name))) {
            refuse(
                ["bootSources", name],
                "the name is that of a DataSource: lower-case letters, digits and dashes, 63 at most",
            );
        }
        const isEmpty = Object.keys(bootSources).length === 0 && !others.storageDefault && !others.system;
        if (isEmpty) refuse([], "there is nothing in it; give bootSources, system or storageDefault");
    });
