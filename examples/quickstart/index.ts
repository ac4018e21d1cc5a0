import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
export = async () => ({ size: config.require("size"), image: config.get("image") });
