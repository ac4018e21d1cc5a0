// Pushes an image to a registry as docker does it: blobs first, then the manifests that name them, the tag last.
import assert from "node:assert/strict";
import { request, type Dispatcher } from "undici";
import type { Blob, Containerdisk } from "../images/containerdisk.js";

/** What is pushed where. */
export interface Push {
    /** "http://host:port/v2/name/". */
    readonly base: string;
    readonly tag: string;
    readonly image: Containerdisk;
    readonly dispatcher: Dispatcher;
    readonly login: { readonly username: string; readonly password: string } | undefined;
}

/** Pushes all of an image. */
export async function pushTo({ base, tag, image, dispatcher, login }: Push): Promise<void> {
    const authorization =
        login === undefined
            ? {}
            : { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}` };
    const ask = async (method: "POST" | "PUT", url: string, body: Buffer, type: string): Promise<string> => {
        const headers = { ...authorization, "content-type": type };
        const { statusCode, headers: answer, body: said } = await request(url, { method, headers, body, dispatcher });
        const text = await said.text();
        assert.ok(statusCode >= 200 && statusCode < 300, `${method} ${url}: ${statusCode} ${text}`);
        return String(answer["location"] ?? "");
    };
    const isManifest = ({ mediaType }: Blob): boolean => /\.(?:manifest|index)\.|manifest\.list/.test(mediaType);
    for (const blob of image.blobs.filter((one) => !isManifest(one))) {
        const location = await ask("POST", `${base}blobs/uploads/`, Buffer.alloc(0), "application/octet-stream");
        const url = new URL(location, base);
        url.searchParams.set("digest", blob.digest);
        await ask("PUT", url.href, blob.bytes, "application/octet-stream");
    }
    for (const { digest, bytes, mediaType } of image.blobs.filter(isManifest)) {
        await ask("PUT", `${base}manifests/${digest}`, bytes, mediaType);
    }
    await ask("PUT", `${base}manifests/${tag}`, image.manifest.bytes, image.manifest.mediaType);
}
