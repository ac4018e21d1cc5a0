// Our refusals held against CDI's real webhooks: what preview lets pass they let pass, and what it refuses they refuse, or it says why.
import assert from "node:assert/strict";
import { bootSource } from "../../provider/resources/boot-source.js";
import type { Data } from "../../provider/resources/contract.js";
import { importedImage } from "../../provider/resources/imported-image.js";
import { refusedByCdiCron } from "../../provider/rules/cdi-cron.js";
import { refusedByCdi } from "../../provider/rules/cdi-volume.js";
import { type ControlPlane, startControlPlane } from "./control-plane.js";
import { type Question, questions } from "./refusals-table.js";

describe("what preview refuses for a cluster, and what CDI's webhooks refuse", function () {
    this.timeout(60_000);
    let plane: ControlPlane;
    let namespace: string;
    before(async function () {
        plane = await startControlPlane(this);
        namespace = await plane.namespace("refusals");
    });

    /** "" where CDI takes it. Asked as a dry run: nothing is made. */
    const cdiOf = async ({ kind, args }: Question): Promise<string> => {
        const [plural, object] = kind === "BootSource" ? cronOf(args, namespace) : volumeOf(args, namespace);
        const path = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${plural}?dryRun=All`;
        return plane.api.create(path, object).then(
            () => "",
            (thrown: unknown) => String(thrown),
        );
    };

    for (const question of questions) {
        const { verdict, words } = question;
        it(`${question.kind}: ${question.what} ${describeVerdict(question)}`, async () => {
            const [ours, theirs] = [oursOf(question), await cdiOf(question)];
            assert.equal(ours !== "", verdict !== "passes" && verdict !== "ours", `preview says: ${ours}`);
            assert.equal(theirs !== "", verdict !== "passes" && verdict !== "stricter", `CDI says: ${theirs}`);
            if (verdict !== "same") return;
            assert.ok(ours.includes(words), `preview says: ${ours}`);
            assert.ok(theirs.includes(words), `CDI says: ${theirs}`);
        });
    }

    it("are compared by at least eighty objects", () => {
        assert.ok(questions.length >= 80, String(questions.length));
    });
});

function describeVerdict({ verdict, words }: Question): string {
    if (verdict === "passes") return "passes both";
    if (verdict === "ours") return `is refused by CDI, and kept current by us: ${words}`;
    if (verdict === "same") return `is refused by both: ${words}`;
    return `is ${verdict === "stricter" ? "refused by us alone" : "refused by both, by us in other words"} (${words})`;
}

function oursOf({ kind, args }: Question): string {
    const given = withoutUndefined(args);
    const refusals =
        kind === "BootSource"
            ? judged(bootSource.parse(given), refusedByCdiCron)
            : judged(importedImage.parse(given), refusedByCdi);
    return refusals.map(({ reason }) => reason).join("\n");
}

function judged<Spec>(
    parsed: { failures: readonly { reason: string }[]; spec?: Spec | undefined },
    judge: (spec: Spec) => readonly { reason: string }[],
): readonly { reason: string }[] {
    return parsed.spec === undefined ? parsed.failures : judge(parsed.spec);
}

/** The DataVolume that a user would write by hand, without what CDI has no field for. */
function volumeOf(
    { name = "disk", source, storage, pvc, contentType, preallocation, checksum }: Data,
    namespace: string,
): [string, object] {
    const spec = withoutUndefined({
        source: sourceOf(source as Data, checksum, namespace),
        storage: storage && claimOf(storage as Data),
        pvc: pvc && claimOf(pvc as Data),
        contentType,
        preallocation,
    });
    return ["datavolumes", { apiVersion, kind: "DataVolume", metadata: { name }, spec }];
}

function cronOf(args: Data, namespace: string): [string, object] {
    const { name = "disk", source, storage, schedule, updates, managedDataSource = "disk", ...more } = args;
    const { importsToKeep, garbageCollect, retentionPolicy } = more;
    const spec = withoutUndefined({
        template: {
            spec: { source: sourceOf(source as Data, undefined, namespace), storage: claimOf(storage as Data) },
        },
        schedule: updates === "reviewed" ? "" : schedule,
        managedDataSource,
        importsToKeep,
        garbageCollect,
        retentionPolicy,
    });
    return ["dataimportcrons", { apiVersion, kind: "DataImportCron", metadata: { name }, spec }];
}

const apiVersion = "cdi.kubevirt.io/v1beta1";

function sourceOf(source: Data, checksum: unknown, namespace: string): Data {
    return Object.fromEntries(
        Object.entries(source).map(([kind, details]) => {
            const { checksumUrl: _sums, region: _place, anonymous: _nobody, path: _here, ...known } = details as Data;
            if (kind === "pvc" || kind === "snapshot") return [kind, { namespace, ...known }];
            return [kind, kind === "http" && checksum !== undefined ? { ...known, checksum } : known];
        }),
    );
}

function claimOf({ size, ...more }: Data): Data {
    return { ...more, ...(size === undefined ? {} : { resources: { requests: { storage: size } } }) };
}

function withoutUndefined(object: Data): Data {
    return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
