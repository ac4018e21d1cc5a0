// Where an image comes from: the arguments of each source, with CDI's names and meaning (cdi.kubevirt.io/v1beta1 DataVolumeSource).
import type * as pulumi from "@pulumi/pulumi";

/** User name and password, under the names that CDI's Secrets give them. Kept secret by Pulumi. */
export interface CredentialsArgs {
    /** User name, or the id of an access key. */
    accessKeyId: pulumi.Input<string>;
    /** Password, or the secret of the key. A trailing newline is cut. */
    secretKey: pulumi.Input<string>;
}

/** Keys of an object store; temporary ones come with a token. Kept secret by Pulumi. */
export interface KeysArgs extends CredentialsArgs {
    /** Token of temporary keys (STS). */
    sessionToken?: pulumi.Input<string>;
}

/** What every source behind a network may be given. Changing it never imports again. */
export interface AccessArgs {
    /** Name of a Secret in the image's namespace that holds the credentials, under CDI's keys. */
    secretRef?: pulumi.Input<string>;
    /** PEM certificates to trust beside the system's own. */
    caCertificates?: pulumi.Input<string>;
    /** Name of a ConfigMap in the image's namespace whose values are PEM certificates. */
    certConfigMap?: pulumi.Input<string>;
}

/** An image behind an http or https URL. */
export interface HttpSourceArgs extends AccessArgs {
    /**
     * URL of the image; http or https, without credentials in it. With a `checksum` the URL is only a mirror: changing it
     * downloads nothing. Without one another URL is another image, and replaces this one.
     */
    url: pulumi.Input<string>;
    /** User name and password; never sent to another origin. Changing them never imports again. Secret keys: `accessKeyId`, `secretKey`. */
    credentials?: pulumi.Input<CredentialsArgs>;
    /** Header lines "Name: value"; kept secret, never sent to another origin. Changing them never imports again. */
    extraHeaders?: pulumi.Input<pulumi.Input<string>[]>;
    /** Names of Secrets whose values are whole header lines. Changing them never imports again. */
    secretExtraHeaders?: pulumi.Input<pulumi.Input<string>[]>;
    /** Take any certificate: the bytes are then only as good as their checksum. Changing it never imports again. @default false */
    insecureSkipVerify?: pulumi.Input<boolean>;
    /** The same as the image's `checksum`, at the place where CDI has it. */
    checksum?: pulumi.Input<string>;
    /**
     * Address of a published checksum file (`SHA256SUMS`, `CHECKSUM`, `image.qcow2.sha256`): the line for the image's own file
     * name says what the bytes must have. It is read when the image is imported. Embedded stores only. Changing it never
     * imports again.
     */
    checksumUrl?: pulumi.Input<string>;
}

/** A containerdisk: a container image with one disk file below `/disk`. */
export interface RegistrySourceArgs extends AccessArgs {
    /**
     * "docker://host/name:tag", with "@sha256:..." to pin it, or "oci-archive:path[:tag]". Another reference is another image,
     * and replaces this one, unless it is pinned to the digest that came in.
     */
    url?: pulumi.Input<string>;
    /** An OpenShift ImageStream, with `pullMethod` "node"; a store has none. */
    imageStream?: pulumi.Input<string>;
    /** "pod" or "node": who pulls on a cluster. In a store both mean the same. Changing it never imports again. @default "pod" */
    pullMethod?: pulumi.Input<string>;
    /** Which image of an index is taken. Changing it replaces the image. @default the architecture of this machine, in a store */
    platform?: pulumi.Input<{ architecture?: pulumi.Input<string> }>;
    /** User name and password for the registry. Changing them never imports again. Secret keys: `accessKeyId`, `secretKey`. */
    credentials?: pulumi.Input<CredentialsArgs>;
    /** Content of a docker config.json; the registry's entry counts. Secret key: `.dockerconfigjson`. Embedded stores only. */
    dockerConfigJson?: pulumi.Input<string>;
}

/** An object of Amazon S3, or of a server that speaks its protocol. */
export interface S3SourceArgs extends AccessArgs {
    /** "https://host/bucket/key" or "s3://bucket/key". Another URL is another image, and replaces this one. */
    url: pulumi.Input<string>;
    /** Keys; without any the default chain of AWS is asked (environment, profile, role). Secret keys: `accessKeyId`, `secretKey`, `sessionToken`. */
    credentials?: pulumi.Input<KeysArgs>;
    /** Region. Changing it never imports again. @default told by the host, else by the environment, else us-east-1 */
    region?: pulumi.Input<string>;
    /** Ask without signing. Changing it never imports again. @default false */
    anonymous?: pulumi.Input<boolean>;
}

/** An object of Google Cloud Storage. */
export interface GcsSourceArgs extends AccessArgs {
    /** "gs://bucket/key" or "https://storage.googleapis.com/bucket/key". Another URL is another image, and replaces this one. */
    url: pulumi.Input<string>;
    /** Content of a credentials.json; without it Google's default chain is asked. Secret key: `credentials.json`. */
    credentialsJson?: pulumi.Input<string>;
    /** Ask without credentials. Changing it never imports again. @default false */
    anonymous?: pulumi.Input<boolean>;
}

/** A claim of the same store or cluster, whose disk is copied: by shared blocks where the file system can. */
export interface ClaimSourceArgs {
    /** @default the image's own namespace */
    namespace?: pulumi.Input<string>;
    /** The claim's name, such as another image's `claimName`. Another claim is another image, and replaces this one. */
    name: pulumi.Input<string>;
}

/** A VolumeSnapshot of the same store or cluster, whose image is copied: by shared blocks where the file system can. */
export interface SnapshotSourceArgs {
    /** @default the image's own namespace */
    namespace?: pulumi.Input<string>;
    /** The snapshot's name. Another snapshot is another image, and replaces this one. */
    name: pulumi.Input<string>;
}

/** A file of the machine that `pulumi up` runs on, read in place. */
export interface FileSourceArgs {
    /** Absolute, or relative to the project. Another path is another image, and replaces this one; with a `checksum` it is not. */
    path: pulumi.Input<string>;
}

/** A file of the machine that `pulumi up` runs on, known by what it holds. */
export interface UploadSourceArgs {
    /**
     * Absolute, or relative to the project. Every preview and update reads the file: other bytes are another image, and replace
     * this one; the same bytes at another path are not. With a `checksum` the file is read only when it is brought in. To a
     * cluster it is sent through CDI's upload proxy (docs/kubernetes.md).
     */
    path: pulumi.Input<string>;
}

/** Where the bytes come from: exactly one. Changing from one kind to another replaces the image. */
export interface ImportSourceArgs {
    /** A web server. */
    http?: pulumi.Input<HttpSourceArgs>;
    /** A container registry. */
    registry?: pulumi.Input<RegistrySourceArgs>;
    /** Amazon S3, or what speaks its protocol. */
    s3?: pulumi.Input<S3SourceArgs>;
    /** Google Cloud Storage. */
    gcs?: pulumi.Input<GcsSourceArgs>;
    /** A file of this machine, sent to where the image is kept. */
    upload?: pulumi.Input<UploadSourceArgs>;
    /** A claim whose disk is cloned. */
    pvc?: pulumi.Input<ClaimSourceArgs>;
    /** A snapshot whose image is cloned. */
    snapshot?: pulumi.Input<SnapshotSourceArgs>;
    /** A file of this machine, read in place (embedded stores only). */
    file?: pulumi.Input<FileSourceArgs>;
    /** An empty disk of the size asked for. */
    blank?: pulumi.Input<Record<string, never>>;
}
