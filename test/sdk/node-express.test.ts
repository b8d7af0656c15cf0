import { describeDropIn } from "./conformance.suite.ts";
import { nodeDropIn } from "./node-tools.ts";

describeDropIn(nodeDropIn("Express", ["express"]));
