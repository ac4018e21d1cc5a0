// The same images at two sites: one program, a stack for each site, and what differs in the stack's configuration.
//
//     pulumi stack init hamburg
//     pulumi config set bootsource:store /srv/hamburg-images
//     pulumi stack init tokyo
//     pulumi config set bootsource:store /srv/tokyo-images
//     pulumi config set --path 'bootsource:mirrors["quay.io"]' mirror.tokyo.example.com/quay
//     pulumi up --stack hamburg && pulumi up --stack tokyo
import * as bootsource from "pulumi-bootsource";

const images = { fedora: "fedora:42", centos: "centos-stream:10" };

const sources = Object.entries(images).map(
    ([name, image]) =>
        new bootsource.BootSource(name, {
            source: { registry: { url: `docker://quay.io/containerdisks/${image}` } },
            storage: { size: "10Gi" },
        }),
);

export const digests = sources.map((source) => source.digest);
export const disks = sources.map((source) => source.path);
