// CDI's two programs with their fixed port, paths and address taken from the environment: in a pod each has them to itself, here not.
"use strict";
const fs = require("fs");
const path = require("path");
const { SetupError } = require("./say.cjs");

/** Nothing else is changed: every package that the programs are made of is CDI's own, as the module proxy serves it. */
const changes = {
    "cdi-controller": [
        [`BindAddress:   ":8443"`, `BindAddress:   os.Getenv("CDI_METRICS_ADDRESS")`],
        [`os.Create(readyFile)`, `os.Create(os.Getenv("CDI_READY_FILE"))`],
        [`os.Remove(readyFile)`, `os.Remove(os.Getenv("CDI_READY_FILE"))`],
        [`os.ReadFile(controller.TokenPublicKeyPath)`, `os.ReadFile(os.Getenv("CDI_TOKEN_PUBLIC_KEY"))`],
        [`os.ReadFile(controller.TokenPrivateKeyPath)`, `os.ReadFile(os.Getenv("CDI_TOKEN_PRIVATE_KEY"))`],
    ],
    "cdi-apiserver": [
        [
            `	defaultPort = 8443`,
            `	noDefaultPort = 0\n)\n\nvar defaultPort = func() (port uint) {\n` +
                `	_, _ = fmt.Sscan(os.Getenv("CDI_APISERVER_PORT"), &port)\n	return port\n}()\n\nconst (`,
        ],
        [`defaultHost = "0.0.0.0"`, `defaultHost = "127.0.0.1"`],
    ],
};
const mains = { "cdi-controller": "controller.go", "cdi-apiserver": "apiserver.go" };

/** The changed main files of the module that lies in a directory, as `{ name, text }`. */
function changedPrograms(module) {
    return Object.keys(changes).map(function (name) {
        const text = fs.readFileSync(path.join(module, "cmd", name, mains[name]), "utf8");
        return {
            name,
            text: changes[name].reduce((changed, [from, to]) => replaceOnce(changed, from, to, name), text),
        };
    });
}

/** Another CDI may have moved what is replaced: then nobody must believe that it was. */
function replaceOnce(text, from, to, name) {
    const parts = text.split(from);
    if (parts.length === 2) return parts.join(to);
    throw new SetupError(
        "cannot change " +
            name +
            " of CDI: its source holds " +
            JSON.stringify(from) +
            " " +
            (parts.length - 1) +
            " times, not once; see tools/setup/cdi-programs.cjs",
    );
}

module.exports = { changes, changedPrograms, replaceOnce };
