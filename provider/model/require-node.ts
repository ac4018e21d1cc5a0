// Says in one sentence that Node is too old, before something fails with a stack that nobody understands.

/** The oldest Node that has what the importer needs (zstd in node:zlib, node:sqlite without a flag). */
const oldest = [22, 15];

// Loaded first by every entry of the package: the check is its import, so that it comes before whatever would fail.
refuseOldNode(process.versions.node);

/** Throws where a Node of this version is too old for the package. */
export function refuseOldNode(version: string): void {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    const [oldestMajor = 0, oldestMinor = 0] = oldest;
    if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
    const message =
        `pulumi-bootsource needs Node.js ${oldest.join(".")} or newer, and this is ${version}; ` +
        "install a newer Node.js";
    // Node prints an uncaught error by its stack: here that is the sentence alone.
    throw Object.assign(new Error(message), { stack: message });
}
