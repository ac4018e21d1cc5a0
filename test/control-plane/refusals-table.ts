// What may be asked of CDI and what may not: each row is judged by our preview and by CDI's own webhook.

type Args = Readonly<Record<string, unknown>>;

/** One question. */
export interface Question {
    readonly what: string;
    readonly kind: "ImportedImage" | "BootSource";
    readonly args: Args;
    /**
     * `passes` both; refused by both with the `same` words; `translated`: refused by both, by us in other words, for a reason; or by
     * us alone (`stricter`), for a reason; or by CDI alone (`ours`), which is not asked: we keep such boot sources current ourselves.
     */
    readonly verdict: "passes" | "same" | "translated" | "stricter" | "ours";
    /** What both say, or why it is not the same. */
    readonly words: string;
}

const url = "https://example.org/disk.qcow2";
const http = { http: { url } };
const image = { registry: { url: "docker://quay.io/containerdisks/fedora:43" } };
const storage = { size: "1Gi" };
const long = (length: number): string => "a".repeat(length);

const volume = (
    verdict: Question["verdict"],
    words: string,
    rows: Readonly<Record<string, Args>>,
): readonly Question[] =>
    Object.entries(rows).map(([what, args]) => ({
        what,
        kind: "ImportedImage",
        args: { source: http, storage, ...args },
        verdict,
        words,
    }));

const cron = (verdict: Question["verdict"], words: string, rows: Readonly<Record<string, Args>>): readonly Question[] =>
    Object.entries(rows).map(([what, args]) => ({
        what,
        kind: "BootSource",
        args: { source: image, storage, schedule: "0 */12 * * *", ...args },
        verdict,
        words,
    }));

const claim = (more: Args): Args => ({
    storage: undefined,
    pvc: { size: "1Gi", accessModes: ["ReadWriteOnce"], ...more },
});
const schedules = (...texts: string[]): Readonly<Record<string, Args>> =>
    Object.fromEntries(texts.map((schedule) => [`the schedule ${schedule}`, { schedule }]));

/** The rows. */
export const questions: readonly Question[] = [
    ...volume("passes", "", {
        "an image behind http": {},
        "with a checksum": { checksum: `sha256:${long(64)}` },
        "with one of another algorithm": { checksum: `md5:${long(32)}` },
        "with a checksum in capitals": { checksum: `SHA256:${"A".repeat(64)}` },
        "with headers": { source: { http: { url, extraHeaders: ["Accept: */*"], secretExtraHeaders: ["more"] } } },
        "with a Secret and a ConfigMap": { source: { http: { url, secretRef: "keys", certConfigMap: "ca" } } },
        "an archive": { contentType: "archive" },
        "of a registry": { source: image },
        "of a registry by digest": { source: { registry: { url: `docker://quay.io/a/b@sha256:${long(64)}` } } },
        "pulled by a node": { source: { registry: { url: image.registry.url, pullMethod: "node" } } },
        "for a platform": { source: { registry: { ...image.registry, platform: { architecture: "arm64" } } } },
        "to upload": { source: { upload: { path: "./disk.img" } } },
        "of an ImageStream": { source: { registry: { imageStream: "fedora:43", pullMethod: "node" } } },
        "of S3": { source: { s3: { url: "https://s3.eu-west-1.amazonaws.com/images/disk.img" } } },
        "of Google's storage": { source: { gcs: { url: "gs://images/disk.img" } } },
        "a blank disk": { source: { blank: {} } },
        "a blank disk, allocated": { source: { blank: {} }, preallocation: true },
        "a claim taken as it is": claim({}),
        "a claim of blocks": claim({ volumeMode: "Block" }),
        "a claim of one pod": claim({ accessModes: ["ReadWriteOncePod"] }),
        "several access modes to choose from": {
            storage: { ...storage, accessModes: ["ReadWriteMany", "ReadWriteOnce"] },
        },
        "a class of its own": { storage: { ...storage, storageClassName: "fast" } },
        "exactly a mebibyte": { storage: { size: "1Mi" } },
        "the longest name": { name: `${long(63)}.${long(63)}.${long(63)}.${long(61)}` },
    }),
    ...volume("same", "Storage size is missing", { "no size": { storage: {} } }),
    ...volume("same", "PVC size is missing", { "a claim without a size": claim({ size: undefined }) }),
    ...volume("same", "Storage size can't be equal or less than zero", {
        "no bytes": { storage: { size: "0" } },
        "fewer than none": { storage: { size: "-1Gi" } },
    }),
    ...volume("same", "PVC size can't be equal or less than zero", {
        "a claim of no bytes": claim({ size: "0" }),
        "a claim of fewer than none": claim({ size: "-1" }),
    }),
    ...volume("same", "Storage size should be at least 1MiB", { "too few bytes": { storage: { size: "1Ki" } } }),
    ...volume("same", "PVC size should be at least 1MiB", { "a claim of too few bytes": claim({ size: "1048575" }) }),
    ...volume("same", "Required value: at least 1 access mode is required", {
        "no access mode": claim({ accessModes: [] }),
    }),
    ...volume("same", "PVC multiple accessModes", {
        "a claim of two access modes": claim({ accessModes: ["ReadWriteOnce", "ReadOnlyMany"] }),
    }),
    ...volume("same", "Duplicate storage definition, both target storage and target pvc defined", {
        "a claim in two forms": { ...claim({}), storage },
    }),
    ...volume("translated", "the CRD's own schema answers before the webhook, whose words are ours", {
        "content of no known kind": { contentType: "disk" },
    }),
    ...volume("same", "SourceType cannot be blank and the contentType be archive", {
        "an archive of nothing": { source: { blank: {} }, contentType: "archive" },
    }),
    ...volume("same", "ContentType must be kubevirt when Source is Registry", {
        "an archive of a registry": { source: image, contentType: "archive" },
    }),
    ...volume("same", "spec.source source URL is empty", { "no url": { source: { http: { url: "" } } } }),
    ...volume("same", "spec.source Invalid source URL scheme", {
        "an ftp server": { source: { http: { url: "ftp://example.org/disk" } } },
        "a bucket by its scheme": { source: { s3: { url: "s3://images/disk.img" } } },
    }),
    ...volume("same", "spec.source Invalid source URL", {
        "a url with a space": { source: { http: { url: "http://a b/" } } },
    }),
    ...volume("same", "Source registry should have either URL or ImageStream", {
        "a registry without an image": { source: { registry: {} } },
        "a registry with two images": {
            source: { registry: { ...image.registry, imageStream: "a", pullMethod: "node" } },
        },
    }),
    ...volume("same", "Illegal registry source URL scheme", {
        "a registry by http": { source: { registry: { url: "http://quay.io/a" } } },
    }),
    ...volume("same", 'ImportMethod x is neither pod, node or ""', {
        "a pull of no known method": { source: { registry: { ...image.registry, pullMethod: "x" } } },
    }),
    ...volume("same", "Source registry ImageStream is supported only with node pull import method", {
        "an ImageStream pulled by a pod": { source: { registry: { imageStream: "a" } } },
        "an ImageStream pulled by name": { source: { registry: { imageStream: "a", pullMethod: "pod" } } },
    }),
    ...volume("same", "Source registry ImageStream is not valid", {
        "an ImageStream without a name": { source: { registry: { imageStream: "", pullMethod: "node" } } },
    }),
    ...volume("same", "invalid checksum format: expected 'algorithm:hash', got 'x'", {
        "no checksum": { checksum: "x" },
    }),
    ...volume("same", "checksum hash value cannot be empty", { "an empty checksum": { checksum: "sha256:" } }),
    ...volume("same", "unsupported hash algorithm 'sha3': supported algorithms are: md5, sha1, sha256, sha512", {
        "a checksum of another algorithm": { checksum: "sha3:00" },
    }),
    ...volume("same", "invalid sha256 hash length: expected 64 hex characters, got 2", {
        "a short checksum": { checksum: "sha256:00" },
    }),
    ...volume("same", "checksum hash is not valid hexadecimal", {
        "a checksum of letters": { checksum: `md5:${"z".repeat(32)}` },
    }),
    ...volume("same", "Missing Data volume source", { "no source": { source: {} } }),
    ...volume("same", "Multiple Data volume sources", { "two sources": { source: { ...http, blank: {} } } }),
    ...volume("same", "spec.source.PVC source PVC is not valid", {
        "a clone of nothing": { source: { pvc: { name: "" } } },
    }),
    ...volume("same", "spec.source.Snapshot source snapshot is not valid", {
        "a clone of no snapshot": { source: { snapshot: { name: "" } } },
    }),
    ...volume("translated", "the API server's own rule for names, of which CDI's is a part", {
        "a name that is too long": { name: long(254) },
        "a name in capitals": { name: "Disk" },
    }),
    ...volume("translated", "CDI prints the place and the value; we name the argument and what it may be", {
        "an access mode that is none": { storage: { ...storage, accessModes: ["Sometimes"] } },
        "a claim with an access mode that is none": claim({ accessModes: ["Sometimes"] }),
    }),
    ...volume("translated", "CDI counts its letters alone; we say what a name is", {
        "a class with too long a name": { storage: { ...storage, storageClassName: long(254) } },
    }),
    ...volume("stricter", "what CDI does not know is dropped, and the import fails or is another one", {
        "a format": { format: "raw" },
        "a published checksum": { source: { http: { url, checksumUrl: `${url}.sha256` } } },
        "a certificate that is not verified": { source: { http: { url, insecureSkipVerify: true } } },
        "a region": { source: { s3: { url: "https://s3.example.org/images/disk", region: "eu" } } },
        "a bucket without credentials": { source: { gcs: { url: "gs://images/disk.img", anonymous: true } } },
    }),
    ...volume("stricter", "the import would never succeed", {
        "an archive in the importer's pod": { source: { registry: { url: "oci-archive:disk.tar" } } },
        "credentials in a url": { source: { http: { url: "https://me:secret@example.org/disk" } } },
        "a header that is none": { source: { http: { url, extraHeaders: ["nothing"] } } },
        "a bucket that is none": { source: { gcs: { url: "gs://b/disk.img" } } },
        "a class whose name is none": { storage: { ...storage, storageClassName: "Fast_" } },
    }),
    ...cron("passes", "", {
        "an image of a registry": {},
        "a claim": { source: { pvc: { name: "golden" } } },
        "a schedule of nobody": { updates: "reviewed" },
        "one import to keep": { importsToKeep: 1 },
        "all imports to keep": { garbageCollect: "Never" },
        "images that go": { retentionPolicy: "None" },
        "the longest names": { name: long(63), managedDataSource: long(63) },
        ...schedules("@daily", "@every 12h", "*/5 0-6,12 1 JAN-MAR MON", "0 0 ? * SUN", "5 4 * * 0"),
    }),
    ...cron("same", "Illegal cron schedule", {
        ...schedules("61 * * * *", "* * * *", "* * * * * *", "@never", "a", "*/0 * * * *", "0 24 * * *", "0 0 0 * *"),
        ...schedules("0 0 * 13 *", "0 0 * * 8", "0 0 L * *", "JAN * * * *", "5-1 * * * *"),
    }),
    ...cron("same", "Illegal GarbageCollect value", { "another way to collect": { garbageCollect: "Sometimes" } }),
    ...cron("translated", "the CRD's own schema answers first", { "fewer imports than none": { importsToKeep: -1 } }),
    ...cron("same", "Name cannot be longer than 63 characters", {
        "a cron's name that is too long": { name: long(64) },
        "a DataSource's name that is too long": { managedDataSource: long(64) },
    }),
    ...cron("ours", "Missing source", {
        "an image behind http": { source: http },
        "an image of S3": { source: { s3: { url: "https://s3.example.org/images/disk" } } },
        "an image of Google's storage": { source: { gcs: { url: "gs://images/disk.img" } } },
        "a snapshot": { source: { snapshot: { name: "golden" } } },
    }),
    ...cron("same", "Missing source", {
        "a blank disk": { source: { blank: {} } },
    }),
    ...cron("same", "Storage size is missing", { "no size": { storage: {} } }),
    ...cron("stricter", "it would be imported and removed for ever", { "no imports to keep": { importsToKeep: 0 } }),
    ...cron("stricter", "CDI keeps imports by their number alone", {
        "imports to keep for a time": { keepFor: "30d" },
    }),
    ...cron("stricter", "Kubernetes' CronJobs refuse it, or it never comes", {
        ...schedules("CRON_TZ=UTC 0 0 * * *", "0 0 31 2 *"),
    }),
];
