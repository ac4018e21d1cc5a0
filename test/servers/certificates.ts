// A certificate authority for one test run, and a certificate of it for the loopback address or a name; made by openssl.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Certificates in PEM form. */
export interface Certificates {
    readonly ca: string;
    readonly key: string;
    readonly cert: string;
}

/** What is wrong with a certificate. */
export interface Flaws {
    /** Days that it is good for; fewer than none where it is out of date. */
    readonly days?: number;
    /** The authority is the certificate itself. */
    readonly selfSigned?: boolean;
}

/** Makes them with the openssl program at a path; `subject` is what the certificate is for. */
export function makeCertificates(
    openssl: string,
    subject = "IP:127.0.0.1",
    { days = 2, selfSigned = false }: Flaws = {},
): Certificates {
    const directory = mkdtempSync(join(tmpdir(), "bootsource-ca-"));
    const at = (name: string): string => join(directory, name);
    const run = (...parameters: string[]): void => {
        execFileSync(openssl, parameters, { stdio: "pipe", cwd: directory });
    };
    try {
        const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        run("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority");
        run("req", ...key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=test server");
        writeFileSync(at("leaf.ext"), `subjectAltName=${subject}\n`);
        const signer = selfSigned ? ["-signkey", "leaf.key"] : ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        const issue = [...signer, "-days", String(days), "-extfile", "leaf.ext"];
        run("x509", "-req", "-in", "leaf.csr", ...issue, "-out", "leaf.pem");
        const read = (name: string): string => readFileSync(at(name), "utf8");
        return { ca: read("ca.pem"), key: read("leaf.key"), cert: read("leaf.pem") };
    } finally {
        rmSync(directory, { recursive: true, force: true });
    }
}
