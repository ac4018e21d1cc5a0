// Boot sources in a store: the cases that hold in every world, with an agent at work, an upstream that moves and a clock of our own.
import { describeBootEvents } from "../conformance/boot-events.js";
import { describeBootSources } from "../conformance/boot-sources.js";
import { describeClassWaits } from "../conformance/class-waits.js";
import { describeDataSources } from "../conformance/data-sources.js";
import { makeEmbeddedBootStage } from "./boot-stage.js";

describeBootSources("a store", makeEmbeddedBootStage);
describeBootEvents("a store", makeEmbeddedBootStage);
describeDataSources("a store", makeEmbeddedBootStage);
describeClassWaits("a store", makeEmbeddedBootStage);
