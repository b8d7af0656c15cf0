import { beforeEach, describe, expect, it } from "vitest";
import type { Unavailable } from "../../../src/lib/unavailable.ts";
import type { Probing } from "../../../src/upstream/live/pool-contracts.ts";
import { createProbing } from "../../../src/upstream/live/probing.ts";
import { at } from "../../support/time.ts";

let answer: Probing | Unavailable;
let asked: number[];
let now: number;
let random: number;
const probing = () =>
  createProbing(
    async () => {
      asked.push((now - at(0)) / 1000);
      return answer;
    },
    () => {},
    () => random,
  );
beforeEach(() => {
  answer = { kind: "probing" };
  asked = [];
  random = 0;
});

/** A request every ten seconds. */
async function visits(untilSeconds: number): Promise<void> {
  const { ask } = probing();
  for (let second = 0; second <= untilSeconds; second += 10) {
    now = at(second);
    ask(now);
    for (let turn = 0; turn < 5; turn++) await undefined;
  }
}

describe("an isolate that has visitors", () => {
  it("asks for probes with the first, and every two minutes", async () => {
    await visits(300);
    expect(asked).toEqual([0, 120, 240]);
  });

  it("asks the second time at a moment of its own, not in step with the isolates that began at the same time", async () => {
    random = 0.75;
    await visits(300);
    expect(asked).toEqual([0, 30, 150, 270]);
  });

  it("asks again in half a minute when the object was not there", async () => {
    answer = { kind: "unavailable", cause: new Error("gone") };
    await visits(70);
    expect(asked).toEqual([0, 30, 60]);
  });
});
