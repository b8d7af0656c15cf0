/** @needs redis-server */
/** @quick */
import { describe } from "vitest";
import { answerTo } from "./call.ts";
import { describeFaults } from "./faults.suite.ts";

describe("in Node", () => describeFaults(answerTo));
