// Door 1 as Pulumi opens it: the real dynamic provider process of the SDK, driven over gRPC without an engine.
import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { providerText } from "../../provider/dynamic/provider-text.js";
import { unknownValue } from "../../provider/model/unknown.js";

type Data = Record<string, unknown>;
const clone = path.resolve(__dirname, "../../..");
const urn = "urn:pulumi:s::p::pulumi-nodejs:dynamic/bootsource:ImportedImage::disk";

describe("the dynamic door", function () {
    this.timeout(60_000);
    let directory: string;
    let process_: ChildProcess;
    let client: ResourceProviderClient;

    before(async () => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-door-"));
        symlinkSync(path.join(clone, "node_modules"), path.join(directory, "node_modules"));
        writeFileSync(path.join(directory, "Pulumi.yaml"), "name: p\nruntime: nodejs\n");
        const script = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");
        process_ = spawn(process.execPath, [script, "127.0.0.1:1"], {
            cwd: directory,
            stdio: ["pipe", "pipe", "pipe"],
        });
        const [port] = (await once(process_.stdout ?? process_, "data")) as [Buffer];
        client = new ResourceProviderClient(`127.0.0.1:${port.toString().trim()}`, grpc.credentials.createInsecure());
        const request = new messages.ConfigureRequest();
        request.setArgs(Struct.fromJavaScript({ "bootsource:store": "./store" }));
        await call((done) => client.configure(request, done));
    });
    after(async () => {
        client.close();
        if (process_.exitCode === null) {
            process_.kill("SIGKILL");
            await once(process_, "exit");
        }
        rmSync(directory, { recursive: true, force: true });
    });

    const text = { __provider: providerText("ImportedImage") };
    const check = async (news: Data, olds: Data = {}): Promise<{ inputs: Data; failures: string[] }> => {
        const request = new messages.CheckRequest();
        request.setOlds(Struct.fromJavaScript(olds as never));
        request.setNews(Struct.fromJavaScript({ ...news, ...text }));
        const answer = await call<messages.CheckResponse>((done) => client.check(request, done));
        const failures = answer.getFailuresList().map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
        return { inputs: answer.getInputs()?.toJavaScript() ?? {}, failures };
    };
    const create = (inputs: Data): Promise<messages.CreateResponse> => {
        const request = new messages.CreateRequest();
        request.setProperties(Struct.fromJavaScript(inputs as never));
        return call((done) => client.create(request, done));
    };
    const blank = { source: { blank: {} }, storage: { size: "1Mi" } };

    it("is one constant line, which old states name for ever", () => {
        assert.equal(
            text.__provider,
            'exports.handler=()=>require("pulumi-bootsource/runtime").provider("ImportedImage");',
        );
    });

    it("strips what only the provider needs to know, and adds what this stack decides", async () => {
        const { inputs, failures } = await check({ ...blank, __urn: urn, __preview: false });
        assert.deepEqual(failures, []);
        assert.deepEqual(Object.keys(inputs).sort(), [
            "__provider",
            "claimName",
            "cluster",
            "namespace",
            "source",
            "storage",
        ]);
    });

    it("hands unknown values on, and fails bad ones with their path", async () => {
        const unknown = await check({ source: { http: { url: unknownValue } }, __urn: urn, __preview: true });
        assert.deepEqual(unknown.failures, []);
        assert.equal(unknown.inputs["claimName"], unknownValue);
        const bad = await check({ ...blank, storage: { size: "x" }, __urn: urn, __preview: true });
        assert.match(bad.failures.join(), /storage\.size: cannot read the size "x"/);
    });

    it("creates, reads, compares and deletes; an id is namespace and name", async () => {
        const { inputs } = await check({ ...blank, __urn: urn, __preview: false });
        const made = await create(inputs);
        assert.equal(made.getId(), `default/${String(inputs["claimName"])}`);
        const outs = (made.getProperties()?.toJavaScript() ?? {}) as Data;
        assert.equal(outs["phase"], "Succeeded");
        assert.equal(outs["stateVersion"], 1);
        assert.equal(outs["__provider"], text.__provider, "the text stays with the state");

        const diff = new messages.DiffRequest();
        diff.setId(made.getId());
        diff.setOlds(Struct.fromJavaScript(outs as never));
        diff.setNews(Struct.fromJavaScript({ ...inputs, cluster: "elsewhere" }));
        const compared = await call<messages.DiffResponse>((done) => client.diff(diff, done));
        assert.deepEqual(compared.getReplacesList(), ["cluster"]);
        assert.equal(compared.getDeletebeforereplace(), false, "make before break");
        assert.equal(
            compared.getChanges(),
            messages.DiffResponse.DiffChanges.DIFF_UNKNOWN,
            "the engine compares the inputs",
        );

        const read = new messages.ReadRequest();
        read.setId(made.getId());
        read.setProperties(Struct.fromJavaScript(outs as never));
        const seen = await call<messages.ReadResponse>((done) => client.read(read, done));
        assert.deepEqual(seen.getProperties()?.toJavaScript(), outs, "a healthy image reads as it was made");

        const remove = new messages.DeleteRequest();
        remove.setId(made.getId());
        remove.setProperties(Struct.fromJavaScript(outs as never));
        await call((done) => client.delete(remove, done));
        const gone = await call<messages.ReadResponse>((done) => client.read(read, done));
        assert.equal(gone.getId(), "", "what is gone has no id");
    });

    it("keeps the state of a create that failed on the way, text included", async () => {
        const source = { file: { path: "./no-such.img" } };
        const { inputs } = await check({ source, __urn: urn, __preview: false });
        const error = await create(inputs).then(
            () => undefined,
            (thrown: unknown) => thrown as grpc.ServiceError,
        );
        assert.match(error?.details ?? "", /no-such\.img/);
        const [details] = error?.metadata.get("grpc-status-details-bin") ?? [];
        assert.match(String(details), /ErrorResourceInitFailed/);
        assert.match(String(details), /require\("pulumi-bootsource\/runtime"\)/);
    });

    it("ends soon after the engine that holds its standard input is gone", async () => {
        const ended = once(process_, "exit");
        process_.stdin?.end();
        await ended;
        assert.notEqual(process_.exitCode, null);
    });
});

function call<T = unknown>(start: (done: (error: grpc.ServiceError | null, answer: T) => void) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
        start((error, answer) => {
            if (error === null) resolve(answer);
            else reject(error);
        });
    });
}
