// Turns what the file system throws into our own errors: no room, no right, not there.
import { BootsourceError, isBootsourceError, type ErrorCode } from "../model/errors.js";

const meanings: Readonly<Record<string, { code: ErrorCode; why: string }>> = {
    ENOENT: { code: "not-found", why: "there is no such file or directory; check the path" },
    ENOTDIR: { code: "not-found", why: "a part of the path is not a directory; check the path" },
    EISDIR: { code: "invalid-argument", why: "it is a directory; name a file" },
    EACCES: { code: "access-denied", why: "permission denied; check the rights of the file and its directories" },
    EPERM: { code: "access-denied", why: "the operation is not permitted; check the rights of the file" },
    EROFS: { code: "access-denied", why: "the file system is read-only; choose another place" },
    EEXIST: { code: "already-exists", why: "there is a file of that name already; remove it or choose another name" },
    ENOSPC: { code: "no-space", why: "the file system is full; free some room or choose another place" },
    EDQUOT: { code: "no-space", why: "the disk quota is used up; free some room or choose another place" },
    EFBIG: { code: "no-space", why: "the file system cannot hold a file so large; choose another place" },
};

/** Our error for a thrown `ENOENT`, `ENOSPC` and the like; `doing` completes "cannot ...". Ours are kept as they are. */
export function fileSystemError(thrown: unknown, doing: string): BootsourceError {
    if (isBootsourceError(thrown)) return thrown;
    const meaning = meanings[errorCode(thrown)];
    const why = meaning?.why ?? (thrown instanceof Error ? thrown.message : String(thrown));
    return new BootsourceError(meaning?.code ?? "failed", `cannot ${doing}: ${why}`, { cause: thrown });
}

/** The `code` of a thrown system error, or an empty text. */
export function errorCode(thrown: unknown): string {
    if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return "";
    return typeof thrown.code === "string" ? thrown.code : "";
}
