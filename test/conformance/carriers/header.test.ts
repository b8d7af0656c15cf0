/** @any-runtime */
/** @any-authority */
import { describe } from "vitest";
import { describeHeaderCarrier } from "./header.suite.ts";

describe.each(["proxy", "middleware"] as const)("Moor as %s", describeHeaderCarrier);
