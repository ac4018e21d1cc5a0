// A process that imports what it is told to: whatever an image does to it, the fuzzer goes on.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** An import that is asked for. */
export interface Wish {
    readonly path: string;
    readonly target: string;
    readonly size: number;
}

/** How it ended. */
export interface Ended {
    /** What it was, where it was imported. */
    readonly imported?: { readonly format: string; readonly codecs: readonly string[] };
    /** What should not have been thrown, or how the process ended. */
    readonly crash?: string;
    /** A piece that lies outside the image. */
    readonly outside?: string;
    /** Of processor time. */
    readonly milliseconds: number;
    /** The most memory that the process ever had. */
    readonly peakBytes: number;
}

/** No import of a few megabytes takes so long on any machine. */
const patience = 60_000;

/** One process. */
export class Importing {
    readonly #child: ChildProcess = fork(join(__dirname, "import-process.js"), {
        stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    #errors = "";

    constructor() {
        this.#child.stderr?.on(
            "data",
            (text: Buffer) => (this.#errors = (this.#errors + text.toString()).slice(-2000)),
        );
    }

    /** Imports; resolves however that ends. */
    run(wish: Wish): Promise<Ended> {
        return new Promise((resolve) => {
            const child = this.#child;
            const settle = (ended: Ended): void => {
                clearTimeout(timer);
                child.off("message", settle);
                child.off("exit", exited);
                resolve(ended);
            };
            const crashed = (crash: string): void => {
                settle({ crash, milliseconds: 0, peakBytes: 0 });
            };
            const exited = (): void => {
                crashed(`the process ended: ${this.#errors}`);
            };
            const timer = setTimeout(() => {
                crashed(`it still went on after ${patience} ms`);
            }, patience);
            child.once("exit", exited);
            child.on("message", settle);
            child.send(wish);
        });
    }

    async end(): Promise<void> {
        if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
        const gone = once(this.#child, "exit");
        this.#child.kill("SIGKILL");
        await gone;
    }
}
