import { describe, expect, it } from "vitest";
import { createOrder } from "../../src/upstream/choose/order.ts";
import { createSplit } from "../../src/upstream/routes.ts";
import { choiceFacts, poolConfig } from "../support/pools.ts";
import { T0 } from "../support/time.ts";

const sessions = Array.from({ length: 20_000 }, (_, i) => `session-${i}`);
const sidesOf = (weights: Record<string, number>) => {
  const split = createSplit(
    Object.entries(weights).map(([id, weight]) => ({ id, weight })),
    (id) => id,
  );
  return sessions.map(split);
};
const share = (sides: string[], id: string) => sides.filter((side) => side === id).length / sides.length;

describe("a route that is split", () => {
  it("gives each side its share", () => {
    const sides = sidesOf({ blue: 95, green: 5 });
    expect(share(sides, "green")).toBeGreaterThan(0.045);
    expect(share(sides, "green")).toBeLessThan(0.055);
    expect(new Set(sidesOf({ blue: 1, green: 0 }))).toEqual(new Set(["blue"]));
  });

  it("keeps each session on its side, in whatever order the sides are given", () => {
    expect(sidesOf({ green: 5, blue: 95 })).toEqual(sidesOf({ blue: 95, green: 5 }));
  });

  it("moves only the share that the weights change, and only towards the side that grows", () => {
    const [before, after] = [sidesOf({ blue: 95, green: 5 }), sidesOf({ blue: 90, green: 10 })];
    const moved = before.flatMap((side, i) => (side === after[i] ? [] : [`${side} to ${after[i]}`]));
    expect(new Set(moved)).toEqual(new Set(["blue to green"]));
    expect(moved.length / sessions.length).toBeCloseTo(share(after, "green") - share(before, "green"), 10);
  });

  it("does not decide which origin of a side a session meets", () => {
    const split = createSplit(
      [
        { id: "a", weight: 1 },
        { id: "b", weight: 1 },
      ],
      (id) => id,
    );
    const order = createOrder(poolConfig(["a", "b"]));
    const first = (session: string) => order(choiceFacts(session), 1, T0)[0] as number;
    const onA = sessions.filter((session) => split(session) === "a");
    const share = onA.filter((session) => first(session) === 0).length / onA.length;
    expect(share).toBeGreaterThan(0.48);
    expect(share).toBeLessThan(0.52);
  });
});

it("a route to a single pool sends all sessions there", () => {
  expect(createSplit([{ id: "only", weight: 1 }], (id) => id)("any")).toBe("only");
});
