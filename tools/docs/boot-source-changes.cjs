// The page of what each change of a boot source does: every change is previewed by the code itself, and its answer written down.
"use strict";
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");

const classes = [
    { name: "plain", defaults: ["cluster"] },
    { name: "thin", snapshot: "overlay", dataImportCronSourceFormat: "snapshot" },
];
const urn = "urn:pulumi:docs::docs::pulumi-nodejs:dynamic/bootsource:BootSource::fedora";

/** Each change: how it reads, the arguments after it, and the classes after it where they change. */
const changes = [
    ["`schedule`", { schedule: "@daily" }],
    ["`updates`", { updates: "scheduled" }],
    ["`source`: another image", { source: (url) => ({ http: { url: url + "/other.img" } }) }],
    [
        "`source`: credentials, certificates, headers; another way to the same image",
        { source: (url) => ({ http: { url: url + "/fedora.img", extraHeaders: ["X-Team: a"] } }) },
    ],
    ["The source holds another image (seen when it is asked)", {}, undefined, { moved: true }],
    ["`pin`: a kept import", { pin: "kept", updates: undefined }],
    ["`pin`: the current one", { pin: "current", updates: undefined }],
    ["`storage.size`", { storage: { size: "16Mi" } }],
    ["`storage.storageClassName`", { storage: { storageClassName: "thin" } }],
    ["The default storage class moves (no agent)", {}, [{ name: "plain" }, { ...classes[1], defaults: ["cluster"] }]],
    ["`importsToKeep`, `garbageCollect`, `keepFor`", { importsToKeep: 1, garbageCollect: "Never", keepFor: "30d" }],
    ["`retentionPolicy`, `bindImmediately`", { retentionPolicy: "None", bindImmediately: false }],
    ["`labels`, `annotations`", { labels: { team: "a" }, annotations: { note: "b" } }],
    ["`wait`, `timeoutSeconds`, `force`, `adopt`", { wait: "accepted", timeoutSeconds: 60, force: true, adopt: true }],
    ["`name`", { name: "fedora-cron" }],
    ["`managedDataSource`", { managedDataSource: "fedora-42" }],
    ["`namespace`", { namespace: "images" }],
];

async function bootSourceChangesPage(clone) {
    const { Session } = require(path.join(clone, "dist", "provider", "lifecycle", "session.js"));
    const { systemClock } = require(path.join(clone, "dist", "provider", "model", "clock.js"));
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "bootsource-docs-"));
    const server = await serve();
    const open = (storageClasses, said) =>
        new Session({
            configuration: { store: path.join(directory, "store"), storageClasses: JSON.stringify(storageClasses) },
            directory,
            clock: systemClock,
            signal: new globalThis.AbortController().signal,
            shownDirectory: path.join(directory, "shown"),
            log: (severity, message) => said.push(message),
        });
    const check = (session, preview, olds, news) => session.check({ kind: "BootSource", urn, preview, olds, news });
    try {
        const args = { source: { http: { url: server.url + "/fedora.img" } }, updates: "reviewed" };
        let kept = {};
        for (const version of ["first", "second"]) {
            server.versions["/fedora.img"] = version;
            const session = open(classes, []);
            const { inputs, failures } = await check(session, false, kept.inputs ?? {}, args);
            if (failures.length > 0) throw new Error(JSON.stringify(failures));
            const made = kept.state
                ? await session.update("BootSource", kept.state, inputs)
                : await session.create("BootSource", inputs);
            kept = { inputs, state: made.state };
            await session.close();
        }
        const digests = kept.state.imports.map(({ digest }) => digest);
        const lines = [];
        for (const [title, change, storageClasses = classes, { moved } = {}] of changes) {
            server.versions["/fedora.img"] = moved ? "third" : "second";
            const said = [];
            const session = open(storageClasses, said);
            const news = Object.fromEntries(
                Object.entries({ ...args, ...change }).map(([key, value]) => [
                    key,
                    typeof value === "function"
                        ? value(server.url)
                        : value === "kept"
                          ? digests[1]
                          : value === "current"
                            ? digests[0]
                            : value,
                ]),
            );
            const { inputs, failures } = await check(session, true, kept.inputs, JSON.parse(JSON.stringify(news)));
            if (failures.length > 0) throw new Error(`${title}: ${JSON.stringify(failures)}`);
            const { replaces } = session.diff("BootSource", kept.state, inputs);
            await session.close();
            lines.push(
                `| ${title} | ${replaces.length > 0 ? "replaced" : "updated"} | ${whatHappens(said, replaces)} |`,
            );
        }
        return page(lines);
    } finally {
        server.close();
        fs.rmSync(directory, { recursive: true, force: true });
    }
}

/** What a preview said, without the names and sizes of this one. */
function whatHappens(said, replaces) {
    const line = said.find((message) => /^(imports|copies|points) boot source/.test(message)) ?? "";
    if (line.startsWith("copies")) return "copied there, nothing is downloaded; the present image serves meanwhile";
    if (line.startsWith("points")) return "the kept import is made current, nothing is downloaded";
    if (line.startsWith("imports") && replaces.length > 0)
        return "another boot source: it imports its own image, and then the old cron goes";
    if (line.startsWith("imports")) return "imported; the present image serves until the new one is ready";
    return replaces.length > 0 ? "stays what it is: the new cron takes it over" : "nothing moves";
}

function page(lines) {
    return `<!-- Generated by tools/docs.cjs, which previews each change; change the code and run npm run lint -- --fix. -->

# What a change of a boot source does

Nothing here makes a DataSource wait: a new image, storage class or format is brought in beside the present one. "Updated" and "replaced" are
Pulumi's words for the resource; what happens to the image stands beside them. \`pulumi preview\` says the same of your own change, with its bytes.

| Change | The resource is | The image |
| --- | --- | --- |
${lines.join("\n")}

Another \`carrier\` is an update too, and moves nothing: see [In the platform's own list](boot-sources.md#in-the-platforms-own-list).
`;
}

/** A web server whose images have versions, and an ETag for each. */
async function serve() {
    const versions = { "/fedora.img": "first", "/other.img": "other" };
    const server = http.createServer((request, response) => {
        const version = versions[request.url ?? ""];
        if (version === undefined) return void response.writeHead(404).end();
        const body = Buffer.alloc(1 << 20, version);
        const headers = {
            etag: `"${version}"`,
            "content-length": body.length,
            "content-type": "application/octet-stream",
        };
        response.writeHead(200, headers);
        response.end(request.method === "HEAD" ? undefined : body);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        versions,
        close: () => {
            server.close();
            server.closeAllConnections();
        },
    };
}

module.exports = { bootSourceChangesPage };
