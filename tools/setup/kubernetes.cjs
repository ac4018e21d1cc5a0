// A real Kubernetes API for the tests alone: etcd, kube-apiserver and kube-controller-manager, built once from pinned Go modules.
"use strict";
const fs = require("fs");
const path = require("path");
const { buildOnce } = require("./go-build.cjs");
const { say } = require("./say.cjs");

const SNAPSHOTS = "github.com/kubernetes-csi/external-snapshotter/client/v8";

/** Answers the directory with `server` (etcd), `kube-apiserver` and `kube-controller-manager`, or the reason why there is none. */
function findKubernetes(clone) {
    const cwd = path.join(clone, "tools", "kubernetes");
    const sources = readModule(cwd);
    const flags = linkFlags(sources[0]);
    return buildOnce("kubernetes", sources.concat(flags.join(" ")), function (partial, go) {
        say("building a Kubernetes API server for the tests with Go (once; up to 15 minutes on a small machine)");
        return go(["build"].concat(flags, "-o", partial + path.sep, "tool"), cwd);
    });
}

/** Answers the directory with the CRDs of the snapshot API (volumesnapshots.yaml and two more), or the reason why there is none. */
function findSnapshotCrds(clone) {
    const cwd = path.join(clone, "tools", "snapshots");
    return buildOnce("snapshots", readModule(cwd), async function (partial, go) {
        const { Dir } = JSON.parse(await go(["mod", "download", "-json", SNAPSHOTS], cwd));
        const prefix = "snapshot.storage.k8s.io_";
        const crds = path.join(Dir, "config", "crd");
        for (const file of fs.readdirSync(crds).filter((name) => name.startsWith(prefix))) {
            fs.writeFileSync(path.join(partial, file.slice(prefix.length)), fs.readFileSync(path.join(crds, file)));
        }
    });
}

function readModule(directory) {
    return ["go.mod", "go.sum"].map((file) => fs.readFileSync(path.join(directory, file), "utf8"));
}

/** The version that the server tells its clients is stated at link time, as Kubernetes' own build does. */
function linkFlags(goMod) {
    const [, version, minor] = /k8s\.io\/kubernetes (v1\.(\d+)\.\d+)/.exec(goMod);
    const stated = { gitVersion: version, gitMajor: "1", gitMinor: minor };
    const stating = Object.keys(stated).map((name) => "-X k8s.io/component-base/version." + name + "=" + stated[name]);
    return ["-trimpath", "-ldflags", ["-s -w"].concat(stating).join(" ")];
}

module.exports = { findKubernetes, findSnapshotCrds };
