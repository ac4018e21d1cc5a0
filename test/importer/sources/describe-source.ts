// The conformance suite of sources: every source's test calls it.
import assert from "node:assert/strict";
import type { Bytes, Source, SourceSpec } from "../../../provider/importer/contract.js";
import { isBootsourceError, type ErrorCode } from "../../../provider/model/errors.js";
import { makeDisk } from "../../images/disk.js";
import { sha256, Workspace } from "../workspace.js";

/** What may lie between a source and its image. Passwords of stages hold the word "s3cret", which no message may repeat. */
export type Hindrance = keyof typeof hindrances;

/** What a source's test brings. */
export interface SourceStage {
    /** Puts bytes where the source finds them; the same place again replaces them. */
    publish(bytes: Uint8Array): Promise<Source>;
    /** A source of something that is not there. */
    missing(): Promise<Source>;
    /** Puts bytes there for an import, and says how it names them. */
    spec?(bytes: Uint8Array): Promise<SourceSpec>;
    /** Puts bytes there with something in the way. */
    hinder?(how: Hindrance, bytes: Uint8Array): Promise<Source>;
    close(): Promise<void>;
}

/** What a kind of source can say, and what its stage can put in the way. */
export interface SourceTraits {
    /** What it says of an image before it gives it; left out: all of it. */
    readonly knows?: { readonly size?: boolean; readonly version?: boolean; readonly ranges?: boolean };
    /** Whether the stage has `spec`. */
    readonly imports?: boolean;
    /** What the stage's `hinder` can do. */
    readonly hindrances?: readonly Hindrance[];
}

const whole = "whole";

/** Each with why it is tested and what must come of it: the whole image, or one of these errors; never other bytes. */
const hindrances = {
    cut: { title: "goes on where the connection broke once, without a gap or a repeat", outcome: [whole] },
    truncated: {
        title: "does not take half an image for a whole one where it ends early each time",
        outcome: ["unreachable", "truncated", "source-changed", "inconsistent-source"],
    },
    replaced: {
        title: "never mixes two images where one is replaced by another while it is read",
        outcome: [whole, "source-changed", "inconsistent-source"],
    },
    login: { title: "sends the credentials that it was given", outcome: [whole] },
    denied: { title: "says once and for all that credentials are wrong, without them", outcome: ["access-denied"] },
    "own-ca": { title: "trusts the certificate authority that it was given", outcome: [whole] },
    untrusted: { title: "trusts no authority that nobody named", outcome: ["untrusted"] },
    redirected: { title: "follows a redirect", outcome: [whole] },
} as const satisfies Record<string, { title: string; outcome: readonly (typeof whole | ErrorCode)[] }>;

/** Runs the suite. */
export function describeSource(
    name: string,
    open: (context: Mocha.Context) => Promise<SourceStage>,
    traits: SourceTraits = {},
): void {
    const image = makeDisk(1_000_003, { seed: 11 });
    const { signal } = new AbortController();
    const { size = true, version = true, ranges = true } = traits.knows ?? {};

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
            assert.equal(identity.size, size ? image.length : undefined);
            assert.equal(identity.ranges, ranges);
            assert.equal(identity.version !== undefined, version);
        });

        it("gives the whole image", async () => {
            const opened = await (await staged().publish(image)).open(undefined, signal);
            assert.ok((await drain(opened.bytes)).equals(image));
        });

        if (ranges) {
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
        }

        if (version) {
            it("has another version when it holds other bytes", async () => {
                const before = await (await staged().publish(image)).identify(signal);
                const now = await (await staged().publish(makeDisk(1_000_003, { seed: 12 }))).identify(signal);
                assert.notEqual(now.version, before.version);
            });
        }

        it("says that something is not there, once and for all", async () => {
            const source = await staged().missing();
            const all = async (): Promise<Buffer> => drain((await source.open(undefined, signal)).bytes);
            for (const ask of [() => source.identify(signal), all]) await failsAs(ask, ["not-found"], true);
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

        for (const how of traits.hindrances ?? []) {
            const { title, outcome } = hindrances[how];
            it(title, async () => {
                const source = await staged().hinder?.(how, image);
                assert.ok(source !== undefined);
                const read = async (): Promise<void> => {
                    const bytes = await drain((await source.open(undefined, signal)).bytes);
                    assert.ok(bytes.equals(image), `${bytes.length} bytes that are not the image`);
                };
                const errors = outcome.filter((one) => one !== whole);
                if (errors.length === 0) await read();
                else if (errors.length < outcome.length) await read().catch(expect(errors));
                else await failsAs(read, errors, how === "denied" || how === "untrusted");
            });
        }

        if (traits.imports === true) describeImport(image, staged);
    });
}

/** End to end: what the importer makes of the source. */
function describeImport(image: Uint8Array, staged: () => SourceStage): void {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const source = async (): Promise<SourceSpec> => {
        const spec = await staged().spec?.(image);
        assert.ok(spec !== undefined);
        return spec;
    };

    it("is imported whole where the checksum is right", async () => {
        await space.import({ source: await source(), checksum: { algorithm: "sha256", hex: sha256(image) } });
        assert.equal(sha256(space.target), sha256(image));
    });

    it("leaves nothing where the checksum is another", async () => {
        const checksum = { algorithm: "sha256", hex: "0".repeat(64) } as const;
        assert.equal((await space.refused({ source: await source(), checksum })).code, "checksum-mismatch");
    });
}

async function failsAs(ask: () => Promise<unknown>, codes: readonly string[], terminal?: boolean): Promise<void> {
    const thrown = await ask().then(
        () => undefined,
        (error: unknown) => error,
    );
    expect(codes, terminal)(thrown);
}

function expect(codes: readonly string[], terminal?: boolean): (thrown: unknown) => void {
    return (thrown) => {
        assert.ok(isBootsourceError(thrown), String(thrown));
        assert.ok(codes.includes(thrown.code), `${thrown.code}: ${thrown.message}`);
        assert.doesNotMatch(thrown.message, /s3cret/);
        if (terminal === true) assert.equal(thrown.terminal, true);
    };
}

async function drain(bytes: Bytes): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(new Uint8Array(chunk));
    return Buffer.concat(chunks);
}
