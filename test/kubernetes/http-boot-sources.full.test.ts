// The cases that hold for boot sources in every world, for sources that CDI does not poll: our agent does, and CDI imports.
import { describeBootEvents } from "../conformance/boot-events.js";
import { describeBootSources } from "../conformance/boot-sources.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { makeHttpBootStage } from "./boot-stage.js";

describe("boot sources by our agent and real CDI", () => {
    let plane: ControlPlane;
    before(async function () {
        plane = await startControlPlane(this);
    });
    describeBootSources("a cluster with an agent", () => makeHttpBootStage(plane), {
        "with retentionPolicy None": "nobody but the resource's own delete takes images along on a cluster",
    });
    describeBootEvents("a cluster with an agent", () => makeHttpBootStage(plane), {
        "the snapshot class goes":
            "CDI's profile keeps naming the class that is gone, and the snapshot never gets ready",
    });
});
