/** @any-runtime */
/** @any-authority */
import { describe } from "vitest";
import { describeRemember } from "./remember.suite.ts";

describe.each(["proxy", "middleware"] as const)("Moor as %s", describeRemember);
