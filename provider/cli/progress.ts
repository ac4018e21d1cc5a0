// Shows how far an import is: a bar on a terminal, now and then a line elsewhere.
import type { WriteStream } from "node:tty";
import type { Clock } from "../model/clock.js";
import { describeBytes } from "../model/quantity.js";
import type { Progress } from "../importer/contract.js";

/** A progress display. */
export interface ProgressDisplay {
    show: (progress: Progress) => void;
    /** Takes the bar away. */
    end: () => void;
}

/** Milliseconds between two lines where there is no terminal. */
const lineEvery = 5_000;
const barWidth = 24;

/** Starts a display on a stream. */
export function showProgress(
    stream: Pick<WriteStream, "write"> & Partial<Pick<WriteStream, "isTTY" | "columns">>,
    clock: Clock,
): ProgressDisplay {
    const began = clock.now();
    let nextLine = began + lineEvery;
    let drawn = false;
    return {
        show(progress) {
            const now = clock.now();
            const text = describeProgress(progress, (now - began) / 1000);
            if (stream.isTTY === true) {
                stream.write(`\r\x1b[K${`${bar(progress)}${text}`.slice(0, (stream.columns ?? 80) - 1)}`);
                drawn = true;
            } else if (now >= nextLine) {
                stream.write(`${text}\n`);
                nextLine = now + lineEvery;
            }
        },
        end() {
            if (drawn) stream.write("\r\x1b[K");
            drawn = false;
        },
    };
}

/** "1.2 GiB of 2.6 GiB (46%), 120 MiB/s, 0:12 left". */
export function describeProgress({ transferred, total }: Progress, seconds: number): string {
    const rate = seconds > 0 ? transferred / seconds : 0;
    const shownRate = rate > 0 ? `, ${describeBytes(rate)}/s` : "";
    if (total === undefined) return `${describeBytes(transferred)}${shownRate}`;
    const percent = total === 0 ? 100 : Math.floor((transferred / total) * 100);
    const left = rate > 0 && transferred < total ? `, ${duration((total - transferred) / rate)} left` : "";
    return `${describeBytes(transferred)} of ${describeBytes(total)} (${percent}%)${shownRate}${left}`;
}

function bar({ transferred, total }: Progress): string {
    if (total === undefined || total === 0) return "";
    const filled = Math.min(barWidth, Math.floor((transferred / total) * barWidth));
    return `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}] `;
}

function duration(seconds: number): string {
    const whole = Math.ceil(seconds);
    const minutes = Math.floor(whole / 60);
    const rest = String(whole % 60).padStart(2, "0");
    if (minutes < 60) return `${minutes}:${rest}`;
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
