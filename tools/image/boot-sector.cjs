// The first sector of the quickstart's disk: a program for a PC's BIOS that prints a line on the screen and on the serial port.
"use strict";

const ORIGIN = 0x7c00; // where a BIOS loads it
const SECTOR = 512;

/** Assembles the sector. Each item is a list of bytes, a label, or a reference to one. */
function bootSector(line) {
    return assemble([
        [0xfa, 0x31, 0xc0], //              cli; xor ax, ax
        [0x8e, 0xd8, 0x8e, 0xd0], //        mov ds, ax; mov ss, ax
        [0xbc, 0x00, 0x7c, 0xfb, 0xfc], //  mov sp, 0x7c00; sti; cld
        [0xbe, { address: "screen" }], //   mov si, screen
        "next on the screen",
        [0xac, 0x84, 0xc0], //              lodsb; test al, al
        [0x74, { jump: "serial port" }], // jz
        [0xb4, 0x0e, 0xbb, 0x07, 0x00], //  mov ah, 0x0e; mov bx, 7
        [0xcd, 0x10], //                    int 0x10: the BIOS prints al
        [0xeb, { jump: "next on the screen" }],
        "serial port",
        // Without a screen a BIOS may show the first line on the port as well, a little later: let it finish.
        [0xb4, 0x86, 0xb9, 0x03, 0x00], //  mov ah, 0x86; mov cx, 3
        [0xba, 0x40, 0x0d, 0xcd, 0x15], //  mov dx, 0x0d40; int 0x15: wait for 0.2 s
        [0x31, 0xd2, 0xb8, 0xe3, 0x00], //  xor dx, dx; mov ax, 0x00e3
        [0xcd, 0x14], //                    int 0x14: COM1 at 9600 baud, 8 bits
        [0xbe, { address: "serial" }], //   mov si, serial
        "next on the port",
        [0xac, 0x84, 0xc0], //              lodsb; test al, al
        [0x74, { jump: "halt" }], //        jz
        [0x88, 0xc4, 0xba, 0xfd, 0x03], //  mov ah, al; mov dx, 0x3fd
        "not ready",
        [0xec, 0xa8, 0x20], //              in al, dx; test al, 0x20: room for one byte?
        [0x74, { jump: "not ready" }], //   jz
        [0x88, 0xe0, 0xba, 0xf8, 0x03], //  mov al, ah; mov dx, 0x3f8
        [0xee], //                          out dx, al
        [0xeb, { jump: "next on the port" }],
        "halt",
        [0xf4, 0xeb, { jump: "halt" }], //  hlt; jmp
        "screen",
        [...Buffer.from(line + " (on the screen)\r\n\0", "latin1")],
        "serial",
        [...Buffer.from(line + " (on the serial port)\r\n\0", "latin1")],
    ]);
}

function assemble(items) {
    const labels = new Map();
    let at = 0;
    for (const item of items) {
        if (typeof item === "string") labels.set(item, at);
        else at += item.reduce((sum, byte) => sum + (byte.address ? 2 : 1), 0);
    }
    if (at > SECTOR - 2) throw new Error("the line is too long for one sector");
    const sector = Buffer.alloc(SECTOR);
    at = 0;
    for (const byte of items.filter((item) => typeof item !== "string").flat()) {
        if (byte.address) at = sector.writeUInt16LE(ORIGIN + labels.get(byte.address), at);
        else if (byte.jump) at = sector.writeInt8(labels.get(byte.jump) - (at + 1), at);
        else at = sector.writeUInt8(byte, at);
    }
    sector.writeUInt16LE(0xaa55, SECTOR - 2); // what a BIOS looks for
    return sector;
}

module.exports = { bootSector };
