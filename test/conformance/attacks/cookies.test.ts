import { describe } from "vitest";
import { describeCookies } from "./cookies.suite.ts";

describe.each(["proxy", "middleware"] as const)("Moor as %s", describeCookies);
