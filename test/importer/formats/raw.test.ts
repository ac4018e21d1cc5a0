// raw and ISO: the bytes are the disk, unless they are something else that nobody boots from.
import { gzipSync } from "node:zlib";
import { makeDisk } from "../../images/disk.js";
import { describeFormat } from "./describe-format.js";

function tagged(text: string, at = 0): Buffer {
    const image = makeDisk(100_000, { seed: 9 });
    image.fill(0, 0, 1024);
    image.write(text, at, "latin1");
    return image;
}

const iso = tagged("\x01CD001\x01", 0x8000);

describeFormat("raw", {
    good: [
        { reason: "a disk", disk: makeDisk(3_000_000), image: makeDisk(3_000_000) },
        { reason: "an ISO", disk: iso, image: iso },
        {
            reason: "a disk shorter than a sector",
            disk: Buffer.from([0xeb, 0xfe, 0]),
            image: Buffer.from([0xeb, 0xfe, 0]),
        },
        { reason: "a disk of zeros", disk: Buffer.alloc(200_000), image: Buffer.alloc(200_000) },
        {
            reason: "a boot sector that has text in it",
            disk: tagged("\xeb\x3c\x90mkfs.fat <html>"),
            image: tagged("\xeb\x3c\x90mkfs.fat <html>"),
        },
    ],
    hostile: [
        { reason: "nothing at all", code: "empty-source", image: Buffer.alloc(0) },
        { reason: "gzip around nothing", code: "empty-source", image: gzipSync("") },
        {
            reason: "a web page",
            code: "not-an-image",
            image: Buffer.from("<!DOCTYPE html>\n<html><body>Log in</body></html>"),
        },
        {
            reason: "a long web page that begins with a comment",
            code: "not-an-image",
            image: Buffer.from(`\n <!-- header -->\n<html>${"<p>text</p>".repeat(9000)}</html>`),
        },
        { reason: "a web page inside gzip", code: "not-an-image", image: gzipSync("<html><head></head></html>") },
        {
            reason: "an XML error document",
            code: "not-an-image",
            image: Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
        },
        { reason: "a JSON error document", code: "not-an-image", image: Buffer.from('{"errors":[{"code":"DENIED"}]}') },
        { reason: "a vmdk of ESX", code: "unsupported-image", image: tagged("COWD") },
        { reason: "a zip archive", code: "unsupported-image", image: tagged("PK\x03\x04") },
        { reason: "what only begins as a tar archive does", code: "not-an-image", image: tagged("ustar", 257) },
        {
            reason: "more compressions around each other than anybody needs",
            code: "limit-exceeded",
            image: Array.from({ length: 6 }).reduce<Buffer>((inner) => gzipSync(inner), tagged("")),
        },
        { reason: "gzip that is cut off", code: "truncated", image: gzipSync(makeDisk(900_000)).subarray(0, 100_000) },
    ],
});
