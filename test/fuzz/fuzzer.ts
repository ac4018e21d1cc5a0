// One damaged image after another, each made by its number alone: imported in a process that is watched, and judged by other programs.
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { seededRandom } from "../images/disk.js";
import { Importing, type Ended } from "./importing.js";
import { judge } from "./judge.js";
import { mutate } from "./mutate.js";
import { makeSubjects, type Subject } from "./subjects.js";

/** Something that must not be. */
export interface Find {
    /** The number that makes the image again. */
    readonly round: number;
    readonly subject: string;
    readonly kind: string;
    readonly detail: string;
    readonly image: Buffer;
}

/** What an import may use: seconds of processor time (a machine may be busy with other things), and memory. */
const bounds = { milliseconds: 2000, bytes: 256 * 2 ** 20 } as const;

/** Room that each image is imported to. */
const room = 8 * 2 ** 20;

/** Imports of a process, before another takes over: its memory is that of all of them. */
const perProcess = 150;

/** Makes, imports and judges. */
export class Fuzzer {
    readonly #directory: string;
    readonly #subjects: readonly Subject[];
    #importing: Importing | undefined;
    #imports = 0;
    readonly #counts = { images: 0, imported: 0, judged: 0 };

    /** Works in a directory; `only` names the subjects that it keeps to. */
    constructor(directory: string, only = "") {
        this.#directory = directory;
        this.#subjects = makeSubjects().filter(({ name }) => name.includes(only));
        if (this.#subjects.length === 0) throw new Error(`there is nothing to damage that is called ${only}`);
    }

    /** How far it is. */
    told(): string {
        const { images, imported, judged } = this.#counts;
        return `${images} images: ${images - imported} refused, ${imported} imported, of which ${judged} were judged the same`;
    }

    /** One image; what was found of it. */
    async round(round: number): Promise<Find | undefined> {
        const random = seededRandom(round);
        const subject = this.#subjects[random() % this.#subjects.length];
        if (subject === undefined) return undefined;
        const image = damaged(subject, random);
        const path = join(this.#directory, "image");
        writeFileSync(path, image);
        this.#counts.images += 1;
        const found = (await this.#lookAt(path)) ?? [];
        const [kind, detail = ""] = found;
        return kind === undefined ? undefined : { round, subject: subject.name, kind, detail, image };
    }

    async close(): Promise<void> {
        await this.#importing?.end();
    }

    async #lookAt(path: string): Promise<readonly string[] | undefined> {
        let ended = await this.#import(path);
        // Others before it may have had the memory, or a machine stood still: alone it has to show it again.
        if (ended.milliseconds > bounds.milliseconds || ended.peakBytes > bounds.bytes) {
            await this.#renew();
            ended = await this.#import(path);
        }
        if (ended.crash !== undefined) return ["crash", ended.crash];
        if (ended.milliseconds > bounds.milliseconds) return ["hang", `${ended.milliseconds} ms`];
        if (ended.peakBytes > bounds.bytes) return ["memory", `${ended.peakBytes} bytes`];
        const left = readdirSync(dirname(this.#target));
        const wanted = ended.imported === undefined ? [] : ["disk.img"];
        if (left.join() !== wanted.join()) return ["leftovers", left.join()];
        if (ended.imported === undefined) return undefined;
        this.#counts.imported += 1;
        if (ended.outside !== undefined) return ["read outside the image", ended.outside];
        const verdict = judge(path, this.#target, ended.imported);
        if (verdict === "same") this.#counts.judged += 1;
        return verdict === "same" || verdict === "silent" ? undefined : [verdict.kind, verdict.detail];
    }

    get #target(): string {
        return join(this.#directory, "target", "disk.img");
    }

    async #import(path: string): Promise<Ended> {
        if (this.#imports >= perProcess) await this.#renew();
        this.#imports += 1;
        this.#importing ??= new Importing();
        rmSync(dirname(this.#target), { recursive: true, force: true });
        const ended = await this.#importing.run({ path, target: this.#target, size: room });
        if (ended.crash !== undefined) await this.#renew();
        return ended;
    }

    async #renew(): Promise<void> {
        await this.#importing?.end();
        this.#importing = undefined;
        this.#imports = 0;
    }
}

/** Damage of the image itself, with sums that are right again or not, or of what it is packed into. */
function damaged({ image, hot, sums, pack }: Subject, random: () => number): Buffer {
    if (pack !== undefined && random() % 2 === 0) return mutate(pack(image), [[0, 64]], random);
    const copy = mutate(image, hot, random);
    if (random() % 4 !== 0) sums?.(copy);
    return pack === undefined ? copy : pack(copy);
}
