// The vendors' libraries are loaded when they are needed and not before, and are missed in one sentence where they are not installed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";

const dist = path.resolve(__dirname, "..", "..", "..");
const vendors = String.raw`/node_modules[\\/](@aws-sdk|@smithy|google-auth-library|gaxios)[\\/]/`;

/** What a program of its own prints, with `ask` for what a source of a spec says of itself. */
async function printed(program: string): Promise<string> {
    const prelude = `
        const path = require("node:path");
        const load = (name) => require(path.join(${JSON.stringify(dist)}, name));
        const clock = { now: () => Date.now(), sleep: () => new Promise(setImmediate) };
        const open = (spec) => load("provider/importer/sources/index.js").openSource(spec, { clock, attempts: 1 });
        const ask = (spec) => open(spec).identify(new AbortController().signal).catch((error) => error.message);
        const loaded = () => Object.keys(require.cache).filter((name) => ${vendors}.test(name)).length;
        const s3 = { kind: "s3", url: "http://127.0.0.1:1/images/disk", accessKeyId: "a", secretKey: "b" };
        const user = { type: "authorized_user", client_id: "a", client_secret: "b", refresh_token: "c" };
        const gcs = { kind: "gcs", url: "http://127.0.0.1:1/images/disk", credentialsJson: JSON.stringify(user) };
    `;
    const environment = { ...process.env, https_proxy: "http://127.0.0.1:1", no_proxy: "127.0.0.1" };
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", `${prelude}(async () => {${program}})()`], {
        env: environment,
    });
    return stdout.trim();
}

describe("the optional libraries of cloud vendors", () => {
    it("are not loaded with the package, nor with the importer, nor by making a source", async () => {
        const program = `
            for (const name of ["components/index.js", "provider/importer/import-image.js"]) load(name);
            open(s3); open(gcs);
            console.log(loaded());`;
        assert.equal(await printed(program), "0");
    });

    for (const vendor of ["s3", "gcs"]) {
        it(`are loaded when an object of ${vendor} is asked for`, async () => {
            const [said = "", count] = (
                await printed(`console.log(await ask(${vendor})); console.log(loaded());`)
            ).split("\n");
            assert.match(said, /^cannot reach http:\/\/127\.0\.0\.1:1\/images\/disk: /);
            assert.ok(Number(count) > 0);
        });
    }

    for (const [vendor, name] of [
        ["s3", "@aws-sdk/client-s3"],
        ["gcs", "google-auth-library"],
    ] as const) {
        it(`are named, with how to install them, where they are missing: ${name}`, async () => {
            const hide = `
                const resolve = (name, context, next) => {
                    if (name !== ${JSON.stringify(name)}) return next(name, context);
                    throw Object.assign(new Error("none"), { code: "ERR_MODULE_NOT_FOUND" });
                };
                require("node:module").registerHooks({ resolve });`;
            const said = await printed(`${hide} console.log(await ask(${vendor}));`);
            const why = `the npm package ${name} is not installed (it is an optional dependency)`;
            assert.equal(said, `cannot read http://127.0.0.1:1/images/disk: ${why}; run "npm install ${name}"`);
        });
    }
});
