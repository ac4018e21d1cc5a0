// The cases that hold for boot sources in every world, against real CDI; what it does otherwise is named here, with what it does.
import { describeBootEvents } from "../conformance/boot-events.js";
import { describeBootSources } from "../conformance/boot-sources.js";
import { describeDataSources } from "../conformance/data-sources.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { makeCdiBootStage } from "./boot-stage.js";

describe("boot sources by real CDI", () => {
    let plane: ControlPlane;
    before(async function () {
        plane = await startControlPlane(this);
    });
    const stage = () => makeCdiBootStage(plane);
    describeBootSources("CDI", stage, {
        "a digest that cannot be one": "CDI says so in its log alone, and the cron goes on saying what it said before",
        "an import in error": "CDI's cron says that the import is progressing, however often it fails",
        "with retentionPolicy None":
            "seen: what came in while it was All was still there ten seconds after the cron had gone",
        "labels that machines read": "seen: a label that changed on the cron had not come through after ten seconds",
    });
    describeBootEvents("CDI", stage, {
        "there is no default when a new version comes": "CDI says nothing of what it waits for",
        "the first import waits for a class": "CDI says nothing of what it waits for",
        "the format goes from pvc to snapshot": "CDI may miss it: one time in five it had not begun after a minute",
        "the snapshot class goes":
            "CDI's profile keeps naming the class that is gone, and the snapshot never gets ready",
        "another snapshot class is chosen": "CDI deletes the snapshot and downloads the image again",
    });
    describeDataSources("CDI", stage, {
        "follow the life of a claim": "CDI's webhook refuses a DataVolume without a size, which the case makes",
        "two lead to one source": "seen: a claim's new label had not reached the pointer after ten seconds",
        "of another living cron": "CDI tells of it by an event, and by no condition",
    });
});
