// Small documents of a registry as a whole: manifests, configs, tokens.
import { BootsourceError } from "../../../model/errors.js";
import type { Bytes } from "../../contract.js";

/** As much as any registry takes for a manifest (4 MiB), and as containers/image takes for a config. */
const longest = 4 * 2 ** 20;

/** All bytes of a body, which must not be many. */
export async function takeBody(name: string, body: AsyncIterable<unknown>): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body as Bytes) {
        length += chunk.length;
        if (length > longest) {
            throw new BootsourceError(
                "limit-exceeded",
                `cannot read ${name}: the registry sent more than 4 MiB for a document; check the address`,
            );
        }
        chunks.push(new Uint8Array(chunk));
    }
    return Buffer.concat(chunks);
}
