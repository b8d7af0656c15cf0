/** @any-runtime */
/** @any-authority */
import { describe } from "vitest";
import { describeProvisional } from "./provisional.suite.ts";

describe.each(["proxy", "middleware"] as const)("Moor as %s", describeProvisional);
