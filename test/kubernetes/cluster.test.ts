// The contract of every cluster, over a real Kubernetes API.
import { describeCluster } from "../conformance/cluster.js";
import { describeImports } from "../conformance/imports.js";
import { type Web, startWeb } from "../engine/web.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { afterwards } from "../tools.js";
import { makeImportStage, makeKubernetesStage } from "./stage.js";

describe("the contract over a Kubernetes API", () => {
    let plane: ControlPlane;
    let web: Web;
    before(async function () {
        plane = await startControlPlane(this);
        web = await startWeb();
        afterwards(this, () => web.close());
    });

    describeCluster("a Kubernetes cluster", () => makeKubernetesStage(plane));
    describeImports("a Kubernetes cluster", () => makeImportStage(plane, web));
});
