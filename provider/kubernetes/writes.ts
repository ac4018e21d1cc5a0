// Create, update and delete over an API where others write too, and where an answer may be lost on its way.
import { ownerOf } from "../cluster/ownership.js";
import { describeRef } from "../cluster/wait.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import { type Kind, kinds } from "../model/objects.js";
import type { KubernetesApi } from "./api.js";
import type { Raw } from "./lists.js";
import type { Subject } from "./subjects.js";

/** How often an update begins again after a lost race; each loss means that somebody else has made progress. */
const races = 20;

/** Makes an object. One that an earlier attempt of ours made, whose answer was lost, is ours. */
export async function createObject(api: KubernetesApi, subject: Subject, object: object): Promise<Raw> {
    const body = dressed(subject, object as Raw);
    try {
        const answer = await api.ask(subject, "POST", { body });
        if (!answer.found) throw answer.error;
        return answer.body as Raw;
    } catch (thrown) {
        const mayBeOurs =
            isBootsourceError(thrown) && thrown.code === "already-exists" && thrown.facts["repeated"] === true;
        const token = ownerOf(body.metadata)?.token;
        if (!mayBeOurs || token === undefined) throw thrown;
        const found = await api.ask({ ...subject, verb: "get" }, "GET");
        if (found.found && ownerOf((found.body as Raw).metadata)?.token === token) return found.body as Raw;
        throw thrown;
    }
}

/** Reads, changes, writes; begins again where somebody else was faster. */
export async function updateObject(
    api: KubernetesApi,
    subject: Subject & { readonly name: string },
    change: (object: Raw) => void,
    clock: Clock,
): Promise<Raw> {
    for (let race = 0; race < races; race++) {
        const found = await api.ask({ ...subject, verb: "get", part: undefined }, "GET");
        if (!found.found) throw found.served ? gone(subject) : found.error;
        const object = found.body as Raw;
        const before = JSON.stringify(object);
        change(object);
        if (JSON.stringify(object) === before) return object;
        try {
            const written = await api.ask(subject, "PUT", { body: dressed(subject, object) });
            if (!written.found) throw gone(subject);
            return written.body as Raw;
        } catch (thrown) {
            if (!isBootsourceError(thrown) || thrown.code !== "conflict") throw thrown;
            // Two that began together must not go on meeting.
            await clock.sleep(Math.random() * Math.min(10 * 2 ** race, 500));
        }
    }
    throw new BootsourceError(
        "conflict",
        `cannot update ${subject.api.kind} ${describeRef(subject)}: it changes all the time; try again`,
    );
}

/** Accepted; what the object owns follows it. Of a uid or version that is not there any more nothing is deleted. */
export async function deleteObject(
    api: KubernetesApi,
    subject: Subject,
    only: { uid: string; resourceVersion?: string } | undefined,
): Promise<void> {
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background", preconditions: only };
    for (let race = 0; ; race++) {
        try {
            await api.ask(subject, "DELETE", { body });
            return;
        } catch (thrown) {
            if (!isBootsourceError(thrown) || thrown.code !== "conflict" || race >= races) throw thrown;
            // It is another object by now, or another version of it: either way nothing that was meant is there.
            if (only === undefined) continue;
            const found = await api.ask({ ...subject, verb: "get" }, "GET");
            if (!found.found) return;
            const { uid, resourceVersion } = (found.body as Raw).metadata;
            if (uid !== only.uid || (only.resourceVersion ?? resourceVersion) !== resourceVersion) return;
        }
    }
}

/** An object as the API wants it: with its kind and version, and those of its owners. */
function dressed({ api: { apiVersion, kind }, namespace }: Subject, object: Raw): Raw {
    const { ownerReferences, ...metadata } = object.metadata;
    const owners = ownerReferences?.map((owner) => ({ apiVersion: versionOf(owner.kind), ...owner }));
    return {
        ...object,
        apiVersion,
        kind,
        metadata: {
            ...metadata,
            ...(namespace === undefined ? {} : { namespace }),
            ...(owners === undefined ? {} : { ownerReferences: owners }),
        },
    };
}

function versionOf(kind: string): string | undefined {
    return kind in kinds ? kinds[kind as Kind].apiVersion : undefined;
}

function gone(subject: Subject & { readonly name: string }): BootsourceError {
    return new BootsourceError("gone", `cannot update ${subject.api.kind} ${describeRef(subject)}: it is gone`);
}
