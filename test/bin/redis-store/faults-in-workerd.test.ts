/** @needs redis-server */
/** @quick */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Call } from "./call.ts";
import { describeFaults } from "./faults.suite.ts";
import { type RunningWorker, startWorker } from "./workerd.ts";

let worker: RunningWorker;

beforeAll(async () => {
  worker = await startWorker("test/bin/redis-store/worker.ts");
});
afterAll(() => worker.stop());

async function answerInWorkerd(call: Call): Promise<object> {
  const response = await fetch(worker.url, { method: "POST", body: JSON.stringify(call) });
  if (!response.ok) throw new Error(`${response.status}: ${worker.logged.join("\n")}`);
  return (await response.json()) as object;
}

describe("in workerd, each call in a request of its own", () => {
  describeFaults(answerInWorkerd);

  it("no call is logged", () => {
    expect(worker.logged).toEqual([]);
  });
});
