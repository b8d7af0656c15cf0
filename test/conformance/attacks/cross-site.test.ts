/** @any-runtime */
import { describe } from "vitest";
import { describeCrossSite } from "./cross-site.suite.ts";

describe.each(["proxy", "middleware"] as const)("Moor as %s", describeCrossSite);
