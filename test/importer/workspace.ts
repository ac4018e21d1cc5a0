// A directory for one test: made before, gone after, and asked at the end whether anything was left in it.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../provider/model/clock.js";
import { isBootsourceError, type BootsourceError } from "../../provider/model/errors.js";
import { importImage } from "../../provider/importer/import-image.js";
import type { Imported, ImportRequest } from "../../provider/importer/contract.js";

/** What a test asks of an import. */
export type Wanted = Omit<ImportRequest, "signal" | "clock"> & Partial<Pick<ImportRequest, "signal" | "clock">>;

/** A directory of its own. Made in a hook, removed in its counterpart: what a describe body makes, nobody takes away. */
export class Workspace {
    readonly path = mkdtempSync(join(tmpdir(), "bootsource-test-"));
    readonly target = join(this.path, "target", "disk.img");

    constructor() {
        mkdirSync(join(this.path, "target"));
    }

    /** Writes a file and returns its path. */
    write(name: string, bytes: Uint8Array): string {
        const path = join(this.path, name);
        writeFileSync(path, bytes);
        return path;
    }

    /** Imports to `target`. */
    import(wanted: Wanted): Promise<Imported> {
        return importImage(this.target, { signal: new AbortController().signal, clock: systemClock, ...wanted });
    }

    /** The error of an import that must fail, after which nothing more may be there than before. */
    async refused(wanted: Wanted): Promise<BootsourceError> {
        const before = this.left();
        try {
            await this.import(wanted);
        } catch (thrown) {
            if (!isBootsourceError(thrown)) throw thrown;
            const left = this.left().filter((name) => !before.includes(name));
            if (left.length > 0) throw new Error(`an import that failed left ${left.join(", ")}`, { cause: thrown });
            return thrown;
        }
        throw new Error("the import was expected to fail");
    }

    /** What lies where the target should be. */
    left(): string[] {
        return readdirSync(join(this.path, "target"));
    }

    /** What lies in the directory above the target's. */
    beside(): string[] {
        return readdirSync(this.path);
    }

    remove(): void {
        rmSync(this.path, { recursive: true, force: true });
    }
}

/** The sha256 of bytes, or of a file's. */
export function sha256(what: Uint8Array | string): string {
    const bytes = typeof what === "string" ? readFileSync(what) : what;
    return createHash("sha256").update(bytes).digest("hex");
}
