// Vendors' own client libraries: loaded when a source first needs one, because they are large and most programs need none.
import { BootsourceError } from "../../model/errors.js";

/** Loads an optional dependency; where it is not installed, says how it is. `load` holds the import itself. */
export async function loadOptional<T>(npmPackage: string, load: () => Promise<T>, name: string): Promise<T> {
    try {
        return await load();
    } catch (thrown) {
        const code = (thrown as { code?: unknown } | null)?.code;
        if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw thrown;
        throw new BootsourceError(
            "failed",
            `cannot read ${name}: the npm package ${npmPackage} is not installed (it is an optional dependency); ` +
                `run "npm install ${npmPackage}"`,
            { cause: thrown },
        );
    }
}
