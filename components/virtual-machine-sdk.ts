// Pulumi's Kubernetes SDK, for the one component that needs it: an optional peer, loaded when the first machine is made.
import * as path from "node:path";
import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { BootsourceError } from "../provider/model/errors.js";

/** What a machine is made with. */
export interface KubernetesSdk {
    readonly CustomResource: typeof kubernetes.apiextensions.CustomResource;
    readonly Secret: typeof kubernetes.core.v1.Secret;
    readonly Provider: typeof kubernetes.Provider;
}

/** Loads it, or says what to install. */
export function loadKubernetesSdk(doing: string): KubernetesSdk {
    try {
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would need the peer of everybody, and a constructor cannot wait
        const sdk = require("@pulumi/kubernetes") as typeof kubernetes;
        return { CustomResource: sdk.apiextensions.CustomResource, Secret: sdk.core.v1.Secret, Provider: sdk.Provider };
    } catch (cause) {
        throw new BootsourceError(
            "not-configured",
            `cannot ${doing}: @pulumi/kubernetes could not be loaded; install it beside pulumi-bootsource: npm install @pulumi/kubernetes`,
            { cause },
        );
    }
}

const shared = new WeakMap<pulumi.Resource, pulumi.ProviderResource>();

/**
 * The Kubernetes provider of a machine that was given none: one of the cluster that the stack names for its images, so that machine
 * and image are never in two clusters by accident; or Pulumi's own, where the stack configures that one. Whatever cluster the
 * environment happens to name is not taken.
 */
export function defaultKubernetes(sdk: KubernetesSdk, doing: string): pulumi.ProviderResource | undefined {
    const config = new pulumi.Config("bootsource");
    const kubeconfig = config.getSecret("kubeconfig");
    if (kubeconfig === undefined) {
        const own = new pulumi.Config("kubernetes");
        if ((own.get("kubeconfig") ?? own.get("context")) !== undefined) return undefined;
        throw new BootsourceError(
            "not-configured",
            `cannot ${doing}: no cluster is named for it; set bootsource:kubeconfig, or give it a provider of @pulumi/kubernetes`,
        );
    }
    const stack = pulumi.runtime.getStackResource();
    const present = stack === undefined ? undefined : shared.get(stack);
    if (present !== undefined) return present;
    const made = new sdk.Provider("bootsource-cluster", {
        kubeconfig: kubeconfig.apply(asText),
        context: config.get("context"),
        namespace: config.get("namespace"),
    });
    if (stack !== undefined) shared.set(stack, made);
    return made;
}

/** A path is relative to the project, as everywhere else. */
function asText(kubeconfig: string): string {
    const isText = /[\n{]|:\s/.test(kubeconfig);
    if (isText || kubeconfig.startsWith("~/")) return kubeconfig;
    return path.resolve(pulumi.getRootDirectory(), kubeconfig);
}
