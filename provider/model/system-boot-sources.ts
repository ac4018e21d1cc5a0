// What a user may say of the platform's own boot sources, and what is left of it after validation.
import * as z from "zod";
import { schedule } from "./boot-source.js";
import { namespaceName, objectName, storage } from "./claim-args.js";
import { imageSource } from "./image-source.js";

const override = z
    .strictObject({
        enabled: z.boolean().optional(),
        schedule: schedule.optional(),
        storage: storage.optional(),
        source: imageSource.optional(),
        importsToKeep: z.number().int("it is a whole number").min(1, "with 0 no image would stay").optional(),
        garbageCollect: z.enum(["Outdated", "Never"]).optional(),
        retentionPolicy: z.enum(["All", "None"]).optional(),
    })
    .check(({ value: { enabled, ...others }, issues }) => {
        const said = Object.keys(others).filter((key) => others[key as keyof typeof others] !== undefined);
        const refuse = (path: string[], message: string): void => {
            issues.push({ code: "custom", path, message, input: undefined });
        };
        if (enabled === false && said.length > 0) {
            const key = String(said[0]);
            refuse(
                [key],
                `the boot source is switched off (enabled: false), and ${key} would do nothing; give one of the two`,
            );
        }
        if (enabled !== false && said.length === 0) {
            refuse([], "it overrides nothing; give enabled: false, or what is to be another one than the platform's");
        }
        const kinds = Object.keys(others.source ?? {});
        const unfit = kinds.find((kind) => kind !== "registry" && kind !== "pvc");
        if (unfit !== undefined) {
            refuse(
                ["source"],
                `the platform's crons read registry and pvc sources, and no ${unfit}; make a BootSource of it`,
            );
        }
    });

/** The schema of `SystemBootSourcesArgs`, as a program passes them; unknown leaves are sorted out by the caller. */
export const systemBootSourcesArgs = z
    .strictObject({
        enabled: z.boolean().optional(),
        images: z.enum(["keep", "delete"]).optional(),
        overrides: z.record(objectName, override).optional(),
        namespace: namespaceName.optional(),
        onDelete: z.enum(["keep", "restore"]).optional(),
        takeOver: z.boolean().optional(),
        wait: z.enum(["ready", "accepted"]).optional(),
        timeoutSeconds: z.number().positive("it must be more than zero").optional(),
    })
    .check(({ value: { enabled, overrides = {} }, issues }) => {
        if (enabled !== false) return;
        for (const [name, { enabled: kept }] of Object.entries(overrides)) {
            if (kept === false) continue;
            issues.push({
                code: "custom",
                path: ["overrides", name],
                message:
                    "with the switch off (enabled: false) it would do nothing: the platform ignores an entry of a system boot source " +
                    "then; switch the others off one by one, or make a BootSource of this one",
                input: undefined,
            });
        }
    });

/** What is to be done about the platform's boot sources, after validation. */
export type SystemBootSourcesSpec = z.infer<typeof systemBootSourcesArgs>;

/** What is to be another than the platform's in one boot source. */
export type SystemOverride = z.infer<typeof override>;
