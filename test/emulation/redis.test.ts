import { describe, expect, it } from "vitest";
import { createRedisWorld } from "../../emulation/redis.ts";
import { testFallback } from "../store/fallback.suite.ts";
import { changeAt, refTo } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

let clock = T0;

testFallback("Redis in memory", {
  create() {
    clock = T0;
    return createRedisWorld({ now: () => clock }).fallback;
  },
  now: () => clock,
  setClock(now) {
    clock = now;
  },
  gaps: [],
});

describe("a Redis that is set back", () => {
  const entry = (id: string) => ({ ref: refTo("s"), change: changeAt(T0, { id, patches: [{ [id]: 1 }] }) });

  it("has again, in their place, the entries that were removed since, and the session pending", async () => {
    clock = T0;
    const { fallback, setBack } = createRedisWorld({ now: () => clock });
    for (const id of ["one", "two"]) await fallback.append(entry(id));
    await fallback.takeOver("s", ["one"], undefined);
    clock = at(5);
    await fallback.takeOver("s", ["two"], undefined);
    await fallback.settled("s", at(60));
    await fallback.append(entry("three"));
    const ids = async () => {
      const found = await fallback.read("s");
      return found.kind === "found" && found.entries.map(({ change }) => change.id);
    };
    setBack(5_000);
    expect(await ids()).toEqual(["two", "three"]);
    setBack(5_001);
    expect(await ids()).toEqual(["one", "two", "three"]);
  });
});
