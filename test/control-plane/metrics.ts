// How far an importer has come, where CDI's controller asks for it: at the pod's own address, on the port that its specification names.
import { randomInt } from "node:crypto";
import { createServer } from "node:https";
import type { Certificates } from "../servers/certificates.js";

/** A pod's address, and its endpoint of metrics. */
export interface Metrics {
    readonly ip: string;
    /** From 0 to 1. */
    tell(share: number): void;
    close(): void;
}

const port = 8443;

/**
 * Begins to answer. Every pod gets an address of the loopback network of its own, as the port is the same for all; where the system
 * has but one such address there is no endpoint, and CDI knows no progress.
 */
export async function startMetrics({ key, cert }: Pick<Certificates, "key" | "cert">, owner: string): Promise<Metrics> {
    let percent = 0;
    const server = createServer({ key, cert }, (_request, response) => {
        response.end(`kubevirt_cdi_import_progress_total{ownerUID="${owner}"} ${percent.toFixed(2)}\n`);
    });
    const ip = ["127", ...Array.from({ length: 3 }, () => String(randomInt(2, 254)))].join(".");
    const listens = await new Promise<boolean>((resolve) => {
        server.once("error", () => {
            resolve(false);
        });
        server.listen(port, ip, () => {
            resolve(true);
        });
    });
    return {
        ip: listens ? ip : "127.0.0.1",
        tell: (share) => {
            percent = share * 100;
        },
        close: () => {
            server.close();
            server.closeAllConnections();
        },
    };
}
