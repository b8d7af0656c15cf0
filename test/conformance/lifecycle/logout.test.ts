/** @any-runtime */
/** @any-authority */
import { describe } from "vitest";
import { describeLogout } from "./logout.suite.ts";

describe.each(["proxy", "middleware"] as const)("Moor as %s", describeLogout);
