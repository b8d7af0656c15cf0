import { describe } from "vitest";
import { describeOneExchange } from "./one-exchange.suite.ts";

describe.each(["proxy", "middleware"] as const)("Moor as %s", describeOneExchange);
