// The description inside a VMDK: that the disk is this one file, whole, and stands for itself.
import type { RandomAccess } from "../../contract.js";
import { remake, type Refuse } from "../refusal.js";
import type { VmdkHeader } from "./header.js";

/** More than any writer leaves room for. */
const maxBytes = 2 ** 20;
const kinds = ["monolithicSparse", "streamOptimized"];

/** Throws where the disk has a parent, or lies in other files as well. */
export async function readDescriptor(input: RandomAccess, { descriptor }: VmdkHeader, refuse: Refuse): Promise<void> {
    const { offset, length } = descriptor;
    if (offset === 0) {
        throw refuse(
            "unsafe-image",
            "it is one of several files that make a disk",
            'make one file of them with "qemu-img convert -O qcow2"',
        );
    }
    if (length > maxBytes) throw refuse("corrupt-image", `its descriptor has ${length} bytes`, remake);
    const bytes = await input.read(offset, length);
    if (bytes.length < length) throw refuse("truncated", "its descriptor is cut off", remake);
    const [text = ""] = Buffer.from(bytes).toString("latin1").split("\0");
    if (!text.startsWith("# Disk DescriptorFile"))
        throw refuse("corrupt-image", "it has no descriptor where one should be", remake);
    const lines = text.split(/\r?\n/);
    const value = (key: string): string | undefined => {
        const line = lines.find((one) => new RegExp(`^\\s*${key}\\s*=`, "i").test(one));
        return line
            ?.slice(line.indexOf("=") + 1)
            .trim()
            .replace(/^"(.*)"$/, "$1");
    };
    if (!/^[0-9a-f]{1,8}$/i.test(value("CID") ?? ""))
        throw refuse("corrupt-image", "its descriptor has no number of its content", remake);
    const parent = value("parentCID");
    if (parent === undefined)
        throw refuse("corrupt-image", "its descriptor does not say whether it has a parent", remake);
    if (parent.toLowerCase() !== "ffffffff" || value("parentFileNameHint") !== undefined) {
        throw refuse(
            "unsafe-image",
            "it holds only what differs from its parent",
            "merge the two, and publish the result",
        );
    }
    const kind = value("createType") ?? "";
    const extents = lines.filter((line) => /^\s*(RW|RDONLY|NOACCESS)\s+\d+\s+\w+/.test(line));
    if (extents.length !== 1 || !/^\s*(RW|RDONLY)\s+\d+\s+SPARSE\s/.test(extents[0] ?? "")) {
        throw refuse(
            "unsafe-image",
            `it names ${extents.length} files, or files of another kind than itself`,
            'make one file of it with "qemu-img convert -O qcow2"',
        );
    }
    if (kinds.some((known) => known.toLowerCase() === kind.toLowerCase())) return;
    throw refuse(
        "unsupported-image",
        `its type is "${kind.slice(0, 40)}"`,
        'convert it with "qemu-img convert -O qcow2"',
    );
}
