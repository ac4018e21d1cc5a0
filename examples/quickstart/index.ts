// The quickstart: one image, imported and verified, as a disk that a virtual machine can boot.
import * as pulumi from "@pulumi/pulumi";
import * as bootsource from "pulumi-bootsource";
import { serveSample } from "./sample";

const config = new pulumi.Config();

/** The image to import: the one named by `pulumi config set image https://...`, else the one that comes with this example. */
async function findImage(): Promise<{ url: string; checksum?: string }> {
    const url = config.get("image");
    return url ? { url } : serveSample();
}

export = async () => {
    const { url, checksum } = await findImage();
    const hello = new bootsource.ImportedImage("hello", {
        source: { http: { url } },
        checksum,
        storage: { size: config.require("size") },
    });
    return {
        path: hello.path,
        digest: hello.digest,
        format: hello.format,
        virtualSize: hello.virtualSize,
        size: hello.size,
    };
};
