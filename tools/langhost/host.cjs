// A language host for `runtime: nodejs`: lets a Pulumi CLI that was built from source run TypeScript programs, as the official host does.
"use strict";
const path = require("node:path");
const { createRequire } = require("node:module");
const { runProgram } = require("./program.cjs");

const [engine] = process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
const sdk = findSdk(process.cwd());
const grpc = sdk.require("@grpc/grpc-js");
const language = sdk.require("./proto/language_pb.js");
const services = sdk.require("./proto/language_grpc_pb.js");
const plugin = sdk.require("./proto/plugin_pb.js");
const { Empty } = sdk.require("google-protobuf/google/protobuf/empty_pb.js");

/** What the CLI asks of a host. What is not here is answered with UNIMPLEMENTED, which the CLI takes for "an older host". */
const answers = {
    handshake: () => new language.LanguageHandshakeResponse(),
    getRequiredPlugins: () => new language.GetRequiredPluginsResponse(), // dynamic providers come with the program
    getRequiredPackages: () => new language.GetRequiredPackagesResponse(),
    runtimeOptionsPrompts: () => new language.RuntimeOptionsResponse(),
    getProgramDependencies: () => new language.GetProgramDependenciesResponse(),
    cancel: () => new Empty(),
    getPluginInfo() {
        const info = new plugin.PluginInfo();
        info.setVersion(sdk.require("./package.json").version);
        return info;
    },
    about() {
        const about = new language.AboutResponse();
        about.setExecutable(process.execPath);
        about.setVersion(process.version);
        return about;
    },
    async run(request) {
        const response = new language.RunResponse();
        const { bail, error } = await runProgram(request, engine);
        if (bail) response.setBail(true);
        else if (error) response.setError(error);
        return response;
    },
};

const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
const server = new grpc.Server(unlimited);
server.addService(services.LanguageRuntimeService, service());
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`); // the CLI reads the port from the first line
});

// A CLI that was killed cannot end its hosts: when the parent is another process than at the start, nobody needs this one.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 1000).unref();

/** The answers above as gRPC handlers: a thrown error becomes the call's error. */
function service() {
    const handlers = {};
    for (const name of Object.keys(services.LanguageRuntimeService)) {
        const answer = answers[name];
        handlers[name] = (call, done) => {
            if (!answer) return done({ code: grpc.status.UNIMPLEMENTED, details: `${name} is not implemented` });
            Promise.resolve(call.request)
                .then(answer)
                .then(
                    (response) => done(null, response),
                    (error) => done({ code: grpc.status.UNKNOWN, details: error.message }),
                );
        };
    }
    return handlers;
}

/** The program's own @pulumi/pulumi. What it depends on is resolved from there: under pnpm nothing else sees it. */
function findSdk(directory) {
    try {
        const manifest = createRequire(path.join(directory, "program.js")).resolve("@pulumi/pulumi/package.json");
        return { require: createRequire(manifest) };
    } catch {
        process.stderr.write(
            `cannot run the program in ${directory}: @pulumi/pulumi is not installed there; run npm install\n`,
        );
        process.exit(1);
    }
}
