// Compressions that must be refused, around a disk that is fine: bombs, cuts, changed bytes, and what lies where none should.
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { makeBzip2 } from "./bzip2.js";
import { makeDisk } from "./disk.js";
import type { Hostile } from "./hostile-qcow2.js";
import { makeXz } from "./xz.js";

/** A hostile image that is imported into so many bytes of room. */
export interface HostileInRoom extends Hostile {
    readonly room?: number;
}

/** 4 MiB of zeros, as xz -9e and bzip2 write them; streams of both may follow one another. */
export const zeros = {
    xz: Buffer.from(
        "/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM//8RAWxdAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m" +
            "44wjEVPgWRjFdYrid/i2lH8MasDedElk4ulcU7IE2PdEDKtfDW1G6eXDdoi3llestk3haR1v+0uIEGxCy4g/XACP0E6vJiiUcR89jyTh" +
            "cJ6nI1/sKMuF0ZWYin4qkfIndfcZwAaYTZj92K/VkA/EJVP49ZE2MQWlsO5vwXBNRwzRkRGqrWAdus6xJxhcWYbpZlJYvul2rFnk5VsF" +
            "CPnH2q38+1IrdM0eWyBC+d1TPfgpZAk7gMsqbN+1O/DEvS5fqg8+S2ZCkBMO/xCT+HF4WfgLzf+VKEYPqfx83vuaMC5WwI+F84OBwGXE" +
            "JVP49ZE2MQWlsO5vwXBNRwzRkRGqrWAdus6xJxhcWYbpZlJYvul2rFnk5VsFCPnH2q38+1IrdM0eWyBC+d1TPfgpZAk7gMsqbN+1O/DE" +
            "vEgn5lif/xABKwDsc1On/b6ufDEan7eNMW5wnqcjX+woy4XRlZiKfiqR8id19xnABphNmP3Yr9WQD8QlU/j1kTYxBaWw7m/BcE1HDNGR" +
            "EaqtYB26zrEnGFxZhulmUli+6XasWeTlWwUI+cfarfz7Uit0zR5bIEL53VM9+ClkCTuAyyps37U78MS9Ll+qDz5LZkKQEw7/EJP4cXhZ" +
            "+AvN/5UoRg+p/Hze+5owLlbAj4Xzg4HAZcQlU/j1kTYxBaWw7m/BcE1HDNGREaqtYB26zrEnGFxZhulmUli+6XasWeTlWwUI+cfarfz7" +
            "Uit0zR5bIEL53VM9+ClkCTuAyyps37U78MS9Ll+qDz5LZkKQEw7/EJP4cXhZ+AvN/5UoRg+p/Hze+5owLlbAj4Xzg4HAZcQlUQ8/soAB" +
            "3AAFAEHqpi0AAGpARxEAAcAFgICAAsURvMM+MA2LAgAAAAABWVo=",
        "base64",
    ),
    bz2: Buffer.from("QlpoOTFBWSZTWVYC4ogAICBIAMAAAAQACCAAMMwFKaYCAbECAeLuSKcKEgrAXFEA", "base64"),
};

interface Case {
    readonly name: string;
    readonly encode: (bytes: Buffer) => Buffer;
    /** Half a gigabyte of zeros and more. */
    readonly bomb: Buffer;
    /** Bytes at the beginning by which the compression is known. */
    readonly known: number;
}

const repeated = (part: Buffer, times: number): Buffer => Buffer.concat(Array.from({ length: times }, () => part));
const summed = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const cases: readonly Case[] = [
    { name: "gz", encode: gzipSync, bomb: repeated(gzipSync(Buffer.alloc(32 << 20)), 16), known: 3 },
    {
        name: "zst",
        encode: (bytes) => zstdCompressSync(bytes, summed),
        bomb: repeated(zstdCompressSync(Buffer.alloc(32 << 20)), 16),
        known: 4,
    },
    { name: "xz", encode: (bytes) => makeXz(bytes, { check: 1 }), bomb: repeated(zeros.xz, 128), known: 6 },
    { name: "bz2", encode: (bytes) => makeBzip2(bytes), bomb: repeated(zeros.bz2, 128), known: 10 },
];

const disk = makeDisk(100_352, { seed: 48 });

function hostile({ name, encode, bomb, known }: Case): HostileInRoom[] {
    const whole = encode(disk);
    const changed = (at: number): Buffer => {
        const copy = Buffer.from(whole);
        copy[at] = (copy[at] ?? 0) ^ 0x55;
        return copy;
    };
    const cut = (length: number): HostileInRoom => ({
        reason: `${name} that is cut off after ${length} bytes`,
        code: "truncated",
        image: whole.subarray(0, length),
    });
    const inside = (what: string, bytes: Buffer, code: Hostile["code"]): HostileInRoom => ({
        reason: `${what} inside ${name}`,
        code,
        image: encode(bytes),
    });
    return [
        cut(known),
        ...[0.1, 0.3, 0.7, 0.95].map((part) => cut(Math.floor(whole.length * part))),
        ...[1, 5].map((less) => cut(whole.length - less)),
        {
            reason: `${name} with a byte changed in its middle`,
            code: "corrupt-image",
            image: changed(whole.length >> 1),
        },
        {
            reason: `${name} with a byte changed in its last sum`,
            code: "corrupt-image",
            image: changed(whole.length - 2),
        },
        {
            reason: `${name} with something behind it`,
            code: "corrupt-image",
            image: Buffer.concat([whole, Buffer.alloc(600, 0xa5)]),
        },
        { reason: `a bomb of ${name}`, code: "too-large", image: bomb, room: 1 << 20 },
        { reason: `a bomb of ${name} inside gz`, code: "too-large", image: gzipSync(bomb), room: 1 << 20 },
        inside("nothing at all", Buffer.alloc(0), "empty-source"),
        inside("a web page", Buffer.from(`<!doctype html>${" ".repeat(2000)}`), "not-an-image"),
        inside("a zip archive", Buffer.concat([Buffer.from("PK\x03\x04"), disk]), "unsupported-image"),
        {
            reason: `${name} five times around each other`,
            code: "limit-exceeded",
            image: [1, 2, 3, 4, 5].reduce<Buffer>((bytes) => encode(bytes), Buffer.from(disk.subarray(0, 5000))),
        },
    ];
}

/** Every hostile compression of the suite. */
export const hostileCodecs: readonly HostileInRoom[] = cases.flatMap(hostile);
