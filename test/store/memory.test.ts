import { describe, expect, it } from "vitest";
import { createMemory } from "../../src/store/memory.ts";
import { copyOf, refTo } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";
import { testCopies } from "./copies.suite.ts";

testCopies("memory", {
  create: () => createMemory(),
  gaps: [
    {
      reason: "the isolate's own memory cannot be out of reach",
      cases: ["is unavailable when it is out of reach, which is not a miss"],
    },
  ],
});

describe("memory", () => {
  it("forgets the sessions used longest ago when it is full, by what they weigh", async () => {
    const memory = createMemory(20_000);
    for (let i = 0; i < 100; i++) await memory.keep(copyOf(`s${i}`, { attributeBytes: 1_488 }));
    const found = await Promise.all(Array.from({ length: 100 }, (_, i) => memory.read(refTo(`s${i}`), T0)));
    const held = found.filter(({ kind }) => kind === "hit").length;
    expect(held).toBeGreaterThanOrEqual(10);
    expect(held).toBeLessThanOrEqual(20);
    expect(found.at(-1)).toMatchObject({ kind: "hit" });
  });
});
