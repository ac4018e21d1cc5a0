// The header extensions of a qcow2 image: a chain of records behind the header, most of which tell nothing that matters here.
import type { RandomAccess } from "../../contract.js";
import { remake, type Refuse } from "../refusal.js";

const type = { end: 0, dataFile: 0x44415441, encryption: 0x0537be77 } as const;

/** Extensions are some hundred bytes; in this many any image has room for its own. */
const most = 64 * 1024;

/**
 * Walks the chain from the end of the header; unknown types are skipped, as the specification has it. An extension that names
 * an external data file or describes encryption is refused even where no feature bit goes with it: another reader might
 * believe the extension.
 */
export async function checkExtensions(
    input: RandomAccess,
    area: { readonly start: number; readonly clusterSize: number },
    refuse: Refuse,
): Promise<void> {
    const end = Math.min(area.clusterSize, most);
    const bytes = await input.read(area.start, Math.max(0, end - area.start));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 8 <= bytes.length;) {
        const kind = view.getUint32(at);
        const length = view.getUint32(at + 4);
        if (kind === type.end) return;
        if (area.start + at + 8 + length > end) {
            throw refuse("corrupt-image", "one of its header extensions is longer than there is room for", remake);
        }
        if (kind === type.dataFile) {
            throw refuse("unsafe-image", "it names an external data file", 'flatten it with "qemu-img convert"');
        }
        if (kind === type.encryption) {
            throw refuse("unsafe-image", "it has an encryption header", 'decrypt it with "qemu-img convert"');
        }
        at += 8 + Math.ceil(length / 8) * 8;
    }
}
