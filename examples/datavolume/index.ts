// A DataVolume as the platform's documentation writes it, as a program: the same names, the same nesting, the same meaning.
//
//     apiVersion: cdi.kubevirt.io/v1beta1
//     kind: DataVolume
//     metadata:
//       name: example-import-dv
//     spec:
//       source:
//         http:
//           url: ...
//           secretRef: ""
//           certConfigMap: ""
//       pvc:
//         accessModes: [ReadWriteOnce]
//         storageClassName: local
//         resources:
//           requests:
//             storage: 1G
import * as pulumi from "@pulumi/pulumi";
import * as bootsource from "pulumi-bootsource";

const config = new pulumi.Config();

const image = new bootsource.ImportedImage("example", {
    name: "example-import-dv",
    source: { http: { url: config.require("url"), secretRef: "", certConfigMap: "" } },
    pvc: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "local",
        resources: { requests: { storage: "1G" } },
    },
});

export const { claimName, path, phase, conditions, storageClass, size } = image;
