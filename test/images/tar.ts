// Writes tar archives for tests: plain ustar members, of any type and of any size that is claimed.

/** One member. */
export interface TarMember {
    readonly path: string;
    readonly bytes?: Uint8Array;
    /** The type flag. Default "0", a file. */
    readonly type?: string;
    readonly linkPath?: string;
    /** The size that the header says, where it is another than that of the bytes. */
    readonly size?: number;
}

/** An archive with its end mark. */
export function makeTar(members: readonly TarMember[]): Buffer {
    const parts = members.flatMap((member) => {
        const bytes = member.bytes ?? Buffer.alloc(0);
        return [tarBlock(member), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
    });
    return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** The header block of a member. */
export function tarBlock({ path, bytes, type = "0", linkPath = "", size = bytes?.length ?? 0 }: TarMember): Buffer {
    const block = Buffer.alloc(512);
    block.write(path, 0, 100, "utf8");
    for (const [at, value, digits] of [
        [100, 0o644, 7],
        [108, 107, 7],
        [116, 107, 7],
        [136, 1_700_000_000, 11],
    ] as const) {
        block.write(value.toString(8).padStart(digits, "0"), at, "latin1");
    }
    if (size < 8 ** 11) block.write(size.toString(8).padStart(11, "0"), 124, "latin1");
    else {
        block.writeUInt8(0x80, 124);
        block.writeBigUInt64BE(BigInt(size), 128);
    }
    block.write(type, 156, "latin1");
    block.write(linkPath, 157, 100, "utf8");
    block.write("ustar\x0000", 257, "latin1");
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return block;
}
