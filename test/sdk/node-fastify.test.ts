import { describeWithTestPackages } from "../support/node/test-packages.ts";
import { describeDropIn } from "./conformance.suite.ts";
import { nodeDropIn } from "./node-tools.ts";

describeWithTestPackages(() => describeDropIn(nodeDropIn("Fastify", [], ["fastify"])));
