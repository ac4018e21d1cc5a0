// The programs of the control plane: found in the cache, or built there; a suite without them says so and is skipped.
import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { Context } from "mocha";
import { requireTool } from "../tools.js";

const clone = path.resolve(__dirname, "..", "..", "..");

/** Where the programs and the CRDs lie. */
export interface Programs {
    /** Holds `server` (etcd), `kube-apiserver` and `kube-controller-manager`. */
    readonly kubernetes: string;
    /** Holds the CRDs of the snapshot API. */
    readonly snapshots: string;
    /** Holds `cdi-controller`, `cdi-apiserver` and `crds.yaml`. */
    readonly cdi: string;
    readonly openssl: string;
}

type Found = { readonly directory: string; readonly reason?: undefined } | { readonly reason: string };
type Find = (clone: string) => Promise<Found>;

/** The programs, built where they are not yet; where that is not possible the suite is skipped, and fails with CI set. */
export async function requirePrograms(context: Context): Promise<Programs> {
    const openssl = requireTool(context, "openssl");
    // The build is a matter of the machine, not of what is tested.
    context.timeout(3_600_000);
    return {
        kubernetes: await find(context, "kubernetes", "findKubernetes"),
        snapshots: await find(context, "kubernetes", "findSnapshotCrds"),
        cdi: await find(context, "cdi", "findCdi"),
        openssl,
    };
}

/** KubeVirt's CRDs, as one YAML stream; skipped and failing likewise. */
export async function requireKubeVirtCrds(context: Context): Promise<string> {
    context.timeout(3_600_000);
    return readFileSync(path.join(await find(context, "kubevirt", "findKubeVirt"), "crds.yaml"), "utf8");
}

async function find(context: Context, file: string, name: string): Promise<string> {
    const setUp = require(path.join(clone, "tools", "setup", `${file}.cjs`)) as Record<string, Find>;
    const found = (await setUp[name]?.(clone)) ?? { reason: `tools/setup/${file}.cjs has no ${name}` };
    if (found.reason === undefined) return found.directory;
    if (process.env.CI !== undefined && process.env.CI !== "") {
        throw new Error(
            `cannot run this test: ${file} cannot be built (${found.reason}); with CI nothing may be skipped`,
        );
    }
    process.stderr.write(`tests against a Kubernetes API are skipped: ${file} cannot be built (${found.reason})\n`);
    context.skip();
}
