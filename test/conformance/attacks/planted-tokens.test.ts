/** @any-runtime */
/** @any-authority */
import { describe } from "vitest";
import { describePlantedTokens } from "./planted-tokens.suite.ts";

describe.each(["proxy", "middleware"] as const)("Moor as %s", describePlantedTokens);
