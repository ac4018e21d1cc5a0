// How the tests ask for versions.
import assert from "node:assert/strict";
import { versionOf } from "../../provider/importer/version.js";
import type { Access } from "../../provider/model/access.js";
import { directNetwork, type Network } from "../../provider/model/network.js";
import type { DataVolumeSource } from "../../provider/model/objects.js";
import type { Version } from "../../provider/model/upstream.js";

/** Asks for the version of a source. */
export function ask(source: DataVolumeSource, access: Access = {}, network: Partial<Network> = {}): Promise<Version> {
    return versionOf(source, access, { ...directNetwork, ...network }, new AbortController().signal);
}

/** The digest of a version that must have one, and be known by it. */
export async function digest(...asked: Parameters<typeof ask>): Promise<string> {
    const found = await ask(...asked);
    assert.match(found.digest ?? "none", /^(sha256|version):[0-9a-f]{64}$/);
    assert.ok(found.digests.includes(found.digest ?? ""));
    return found.digest ?? "";
}
