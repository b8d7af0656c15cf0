import { describe, expect, it } from "vitest";
import { createMemory, weightOf } from "../../src/store/memory.ts";
import { copyOf, refTo } from "../support/sessions.ts";
import { copiesIn, testCopies } from "./copies.suite.ts";

testCopies("memory", {
  create: () => copiesIn(createMemory()),
  gaps: [
    {
      reason: "the isolate's own memory cannot be out of reach",
      cases: ["is unavailable when it is out of reach, which is not a miss"],
    },
  ],
});

describe("memory", () => {
  it("forgets the sessions used longest ago when it is full, by their weight", () => {
    const memory = createMemory(20_000);
    for (let i = 0; i < 100; i++) memory.keep(copyOf(`s${i}`, { attributeBytes: 712 }));
    const found = Array.from({ length: 100 }, (_, i) => memory.read(refTo(`s${i}`)));
    const held = found.filter(({ kind }) => kind === "hit").length;
    expect(held).toBeGreaterThanOrEqual(10);
    expect(held).toBeLessThanOrEqual(20);
    expect(found.at(-1)).toMatchObject({ kind: "hit" });
  });

  it("weighs values as well as bytes: a flash of many small values counts", async () => {
    const notices = Array.from({ length: 100 }, () => ({}));
    expect(weightOf(copyOf("s", { flash: { notices } })) - weightOf(copyOf("s"))).toBe(64 * 102 + 104);
  });

  it("weighs a copy when it is kept, and not when it is read", () => {
    const memory = createMemory(2_500);
    const copy = (id: string) => {
      const attributes = { read: 0 };
      const counted = new Proxy(attributes, {
        ownKeys(target) {
          target.read++;
          return Reflect.ownKeys(target);
        },
      });
      return { attributes, copy: copyOf(id, { attributes: counted }) };
    };
    const [one, other] = [copy("a"), copy("b")];
    memory.keep(one.copy);
    memory.keep(other.copy);
    const weighed = one.attributes.read;
    // A read moves an entry from the older half of memory to the younger half.
    for (let n = 0; n < 3; n++) memory.read(refTo("a"));
    memory.keep(copy("c").copy);
    memory.read(refTo("a"));
    expect([weighed, one.attributes.read]).toEqual([1, 1]);
  });
});
