// What a preview works with where the cluster cannot be asked: nothing is known to be there, and nothing can be done.
import type { Capabilities, Cluster, Volume } from "./contract.js";
import type { BootsourceError } from "../model/errors.js";
import type { DataVolumeSource } from "../model/objects.js";

/** The cluster's name and abilities without the cluster: reads answer that nothing is there, all else throws why. */
export class UnreachableCluster implements Cluster {
    readonly identity = undefined;
    readonly unreachable: BootsourceError;
    readonly name: string;
    readonly namespace: string;
    readonly capabilities: Capabilities;
    readonly #refreshes: (source: DataVolumeSource) => Promise<boolean>;

    constructor(cluster: Cluster, why: BootsourceError) {
        this.unreachable = why;
        this.name = cluster.name;
        this.namespace = cluster.namespace;
        this.capabilities = cluster.capabilities;
        this.#refreshes = (source) => cluster.refreshes(source);
    }

    establish(): Promise<string> {
        return Promise.reject(this.unreachable);
    }

    get(): Promise<undefined> {
        return Promise.resolve(undefined);
    }

    list(): Promise<[]> {
        return Promise.resolve([]);
    }

    create(): Promise<never> {
        return Promise.reject(this.unreachable);
    }

    update(): Promise<never> {
        return Promise.reject(this.unreachable);
    }

    delete(): Promise<never> {
        return Promise.reject(this.unreachable);
    }

    watch(): AsyncIterable<never> {
        throw this.unreachable;
    }

    drive(): void {
        throw this.unreachable;
    }

    volume(): Promise<Volume | undefined> {
        return Promise.resolve(undefined);
    }

    usersOf(): Promise<readonly string[]> {
        return Promise.resolve([]);
    }

    volumeOfSnapshot(): Promise<Volume | undefined> {
        return Promise.resolve(undefined);
    }

    usersOfSnapshot(): Promise<readonly string[]> {
        return Promise.resolve([]);
    }

    refreshes(source: DataVolumeSource): Promise<boolean> {
        return this.#refreshes(source);
    }

    work(): Promise<never> {
        return Promise.reject(this.unreachable);
    }

    close(): Promise<void> {
        return Promise.resolve();
    }
}
