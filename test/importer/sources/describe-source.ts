// The conformance suite of sources: every source's test calls it.
import assert from "node:assert/strict";
import type { Bytes, Source } from "../../../provider/importer/contract.js";
import { isBootsourceError } from "../../../provider/model/errors.js";
import { makeDisk } from "../../images/disk.js";

/** What a source's test brings. */
export interface SourceStage {
    /** Puts bytes where the source finds them; the same place again replaces them. */
    publish(bytes: Uint8Array): Promise<Source>;
    /** A source of something that is not there. */
    missing(): Promise<Source>;
    close(): Promise<void>;
}

/** Runs the suite. */
export function describeSource(name: string, open: (context: Mocha.Context) => Promise<SourceStage>): void {
    const image = makeDisk(1_000_003, { seed: 11 });
    const { signal } = new AbortController();

    describe(`source ${name}`, () => {
        let stage: SourceStage | undefined;
        const staged = (): SourceStage => {
            assert.ok(stage !== undefined);
            return stage;
        };
        before(async function () {
            stage = await open(this);
        });
        after(async () => stage?.close());

        it("says what it holds, without giving it", async () => {
            const identity = await (await staged().publish(image)).identify(signal);
            assert.equal(identity.size, image.length);
            assert.equal(identity.ranges, true);
            assert.ok(identity.version !== undefined);
        });

        it("gives the whole image", async () => {
            const opened = await (await staged().publish(image)).open(undefined, signal);
            assert.ok((await drain(opened.bytes)).equals(image));
        });

        it("gives a part, a part at the end, and only what there is of a part beyond it", async () => {
            const source = await staged().publish(image);
            for (const [offset, length] of [
                [0, 1],
                [70_001, 5],
                [999_000, 1003],
                [1_000_000, 500],
            ] as const) {
                const part = await drain((await source.open({ offset, length }, signal)).bytes);
                assert.ok(part.equals(image.subarray(offset, offset + length)), `${length} bytes from ${offset}`);
            }
        });

        it("has another version when it holds other bytes", async () => {
            const before = await (await staged().publish(image)).identify(signal);
            const now = await (await staged().publish(makeDisk(1_000_003, { seed: 12 }))).identify(signal);
            assert.notEqual(now.version, before.version);
        });

        it("says that something is not there, once and for all", async () => {
            const source = await staged().missing();
            const all = async (): Promise<Buffer> => drain((await source.open(undefined, signal)).bytes);
            for (const ask of [() => source.identify(signal), all]) {
                const thrown = await ask().then(
                    () => undefined,
                    (error: unknown) => error,
                );
                assert.ok(isBootsourceError(thrown), String(thrown));
                assert.equal(thrown.code, "not-found");
                assert.equal(thrown.terminal, true);
            }
        });

        it("stops when it is cancelled, before and while it reads", async () => {
            const source = await staged().publish(image);
            await assert.rejects(source.identify(AbortSignal.abort()), { code: "cancelled" });
            const controller = new AbortController();
            const opened = await source.open(undefined, controller.signal);
            await assert.rejects(
                (async () => {
                    for await (const chunk of opened.bytes) {
                        assert.ok(chunk.length > 0);
                        controller.abort();
                    }
                })(),
                { code: "cancelled" },
            );
        });

        it("can be left alone in the middle", async () => {
            const opened = await (await staged().publish(image)).open(undefined, signal);
            for await (const chunk of opened.bytes) {
                assert.ok(chunk.length > 0);
                break;
            }
        });
    });
}

async function drain(bytes: Bytes): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(new Uint8Array(chunk));
    return Buffer.concat(chunks);
}
