// What a directory can do as a cluster.
import type { Capabilities } from "../cluster/contract.js";

/** Everything is ours here: disks are files, and what is asked for may change in place. */
export const capabilities: Capabilities = {
    localVolumes: true,
    mutableDataVolumes: true,
    platformCrons: [],
    cronsTakeAlong: true,
    fileSource: true,
    ownSystemList: true,
    othersWrite: false,
};
