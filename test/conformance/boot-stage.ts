// The stage that boot sources are tried on: a cluster, an upstream that can be moved, and time; and what every case asks of it.
import * as assert from "node:assert/strict";
import type { Cluster } from "../../provider/cluster/contract.js";
import { conditionOf } from "../../provider/model/conditions.js";
import type {
    DataImportCron,
    DataSource,
    DataSourceSource,
    DataVolumeSource,
    Ref,
    SourceFormat,
} from "../../provider/model/objects.js";
import { cronAnnotations } from "../../provider/rules/cron-names.js";
import { defaultAnnotations } from "../../provider/rules/storage-class.js";
import { makeDisk } from "../images/disk.js";

/** One world in which somebody keeps boot sources current, with the means to play what happens around it. */
export interface BootStage {
    readonly cluster: Cluster;
    /** Two classes of it: one whose disks are kept as snapshots where its profile asks for that, and one that takes none. */
    readonly classes: { readonly fast: string; readonly plain: string };
    /** Where a cron finds what was published last. */
    readonly source: DataVolumeSource;
    /** Whether what a status says may be older than the disk: seen where CDI had not yet heard that a claim was deleted. */
    readonly lags?: boolean;
    /** Puts the image of a number in place of the last one; says the digest that a poll finds. */
    publish(image: number): string;
    /** The guest's disk in the image of a number. */
    diskOf(image: number): Uint8Array;
    /** Has the cron's source asked, as if its time had come, and waits until that was done. */
    poll(cron: Ref): Promise<void>;
    /** Lets the import of a claim end that is ready to. */
    completeImport(claim: Ref): Promise<void>;
    /** The bytes that a source stands for, by another way than the cluster's own word; undefined where there are none. */
    readDisk(source: DataSourceSource | undefined): Promise<Uint8Array | undefined>;
    /** Waits for a condition, looking again as the world goes on; fails with what it was about after a generous while. */
    settle<T>(about: string, look: () => Promise<T | undefined>): Promise<T>;
    close(): Promise<void>;
}

/** The guests' disks of a stage: the same bytes for the same number, made once. */
export function makeDisks(): BootStage["diskOf"] {
    const disks = new Map<number, Uint8Array>();
    return (image) => {
        const disk = disks.get(image) ?? makeDisk(1 << 20, { seed: 300 + image });
        disks.set(image, disk);
        return disk;
    };
}

/** Where everything of the cases is. */
export const namespace = "default";

/** Where an object of that name is. */
export function refOf(name: string): { namespace: string; name: string } {
    return { namespace, name };
}

/** The cron and the DataSource of most cases. */
export const [cronAt, dataSourceAt] = [refOf("fedora-image-cron"), refOf("fedora")];

/** Due once a year: no poll happens that a case did not ask for. */
export const seldom = "0 0 1 1 *";

/** What every case does with a stage. */
export class BootPlay {
    readonly stage: BootStage;

    constructor(stage: BootStage) {
        this.stage = stage;
    }

    /** Creates a cron for what is published. */
    make(
        spec: Partial<DataImportCron["spec"]> = {},
        metadata: Partial<Pick<DataImportCron["metadata"], "name" | "labels" | "annotations">> = {},
    ): Promise<DataImportCron> {
        const storage = { resources: { requests: { storage: "1Mi" } } };
        return this.stage.cluster.create("DataImportCron", {
            metadata: { ...cronAt, ...metadata },
            spec: {
                template: { spec: { source: this.stage.source, storage } },
                schedule: seldom,
                managedDataSource: dataSourceAt.name,
                ...spec,
            },
        });
    }

    cron(at: Ref = cronAt): Promise<DataImportCron> {
        return this.must("DataImportCron", at);
    }

    dataSource(at: Ref = dataSourceAt): Promise<DataSource> {
        return this.must("DataSource", at);
    }

    /** The object; fails where there is none. */
    async must<K extends Parameters<Cluster["get"]>[0]>(kind: K, at: Ref) {
        const found = await this.stage.cluster.get(kind, at);
        assert.ok(found, `${kind} ${at.name} is there`);
        return found;
    }

    /** Waits until the DataSource leads to a whole disk of that image and its cron calls that up to date; says to what it leads. */
    async current(image: number, digest: string, format?: SourceFormat, at = dataSourceAt): Promise<DataSourceSource> {
        return this.stage.settle(`the DataSource ${at.name} leads to ${digest}`, async () => {
            const dataSource = await this.stage.cluster.get("DataSource", at);
            const holder = dataSource?.metadata.labels?.["cdi.kubevirt.io/dataImportCron"] ?? "";
            const cron = await this.stage.cluster.get("DataImportCron", refOf(holder));
            const done =
                conditionOf(dataSource, "Ready")?.status === "True" &&
                conditionOf(cron, "UpToDate")?.status === "True" &&
                cron?.status?.currentImports?.[0]?.Digest === digest &&
                JSON.stringify(dataSource?.spec.source) === JSON.stringify(dataSource?.status?.source) &&
                (format === undefined || (format === "snapshot") === (dataSource?.spec.source.snapshot !== undefined));
            if (!done) return undefined;
            const bytes = await this.stage.readDisk(dataSource?.status?.source);
            const whole = bytes !== undefined && Buffer.from(bytes).equals(this.stage.diskOf(image));
            assert.ok(whole || this.stage.lags === true, "a whole disk of it");
            return whole ? dataSource?.status?.source : undefined;
        });
    }

    /** Publishes an image, has it found, and waits until it is current. */
    async moveTo(image: number, format?: SourceFormat): Promise<string> {
        const digest = this.stage.publish(image);
        await this.stage.poll(cronAt);
        await this.current(image, digest, format);
        return digest;
    }

    /** Asks for a version by hand, as an external poller does. */
    async want(digest: string, at: Ref = cronAt): Promise<void> {
        await this.stage.cluster.update("DataImportCron", at, ({ metadata }) => {
            metadata.annotations = { ...metadata.annotations, [cronAnnotations.desiredDigest]: digest };
        });
    }

    /** Makes a class the default of a role, and no other; none at all where none is named. */
    async setDefault(name: string | undefined, role: keyof typeof defaultAnnotations = "cluster"): Promise<void> {
        const key = defaultAnnotations[role];
        for (const { metadata } of await this.stage.cluster.list("StorageClass")) {
            const value = String(metadata.name === name);
            if ((metadata.annotations?.[key] ?? "false") === value) continue;
            await this.stage.cluster.update("StorageClass", { name: metadata.name }, (one) => {
                one.metadata.annotations = { ...one.metadata.annotations, [key]: value };
            });
        }
    }

    /** Says in a class's profile how boot sources are to be kept. */
    async setFormat(format: SourceFormat, name = this.stage.classes.fast): Promise<void> {
        await this.stage.cluster.update("StorageProfile", { name }, ({ spec }) => {
            spec.dataImportCronSourceFormat = format;
        });
    }

    /** Waits until exactly these objects of a kind are there, by name. */
    async exactly(kind: "DataVolume" | "PersistentVolumeClaim" | "VolumeSnapshot", names: readonly string[]) {
        await this.stage.settle(`exactly the ${kind}s ${names.join()}`, async () => {
            const found = (await this.stage.cluster.list(kind, { namespace })).map(({ metadata }) => metadata.name);
            return JSON.stringify(found.sort()) === JSON.stringify([...names].sort()) ? true : undefined;
        });
    }

    /** Waits until a condition of an object says something for that reason; answers it. */
    async says(kind: "DataImportCron" | "DataSource", at: Ref, type: string, reason: string) {
        return this.stage.settle(`${kind} ${at.name} says ${type} ${reason}`, async () => {
            const condition = conditionOf(await this.stage.cluster.get(kind, at), type);
            return condition?.reason === reason ? condition : undefined;
        });
    }
}

/** The name of an import. */
export function importOf(digest: string, dataSource = dataSourceAt.name): string {
    return `${dataSource}-${digest.slice(7, 19)}`;
}

/** A new stage for each case of a suite, and what the cases do with it. */
export function useBootPlay<S extends BootStage>(makeStage: () => Promise<S>): () => { stage: S; play: BootPlay } {
    let stage: S | undefined;
    beforeEach(async () => {
        stage = await makeStage();
    });
    afterEach(() => stage?.close());
    return () => {
        assert.ok(stage, "a case has begun");
        return { stage, play: new BootPlay(stage) };
    };
}

/** Beginnings of the titles of cases that a world does otherwise, with what it does. */
export type Otherwise = Readonly<Record<string, string>>;

/** Mocha's `it`, but for those. */
export function casesBut(otherwise: Otherwise): (title: string, run: () => Promise<void>) => void {
    return (title, run) => {
        if (!Object.keys(otherwise).some((beginning) => title.startsWith(beginning))) it(title, run);
    };
}
