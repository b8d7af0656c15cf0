/** @quick */
import { describe, expect, it } from "vitest";
import { judge } from "../../bench/http/guard.ts";
import { spread } from "../../bench/http/statistics.ts";

const cpu = (...values: number[]) => ({ cpuMicroseconds: spread(values) });
/**
 * A run in which a clean read costs `cleanRead` times as much as the rules. `noise` is the upper quartile of the rules
 * in place of 1.
 */
const run = (cleanRead: number, noise = 1) => ({
  rules: cpu(100, 100, 100, 100 * noise, 100 * noise),
  cleanRead: cpu(100 * cleanRead),
  anonymous: cpu(150),
});

describe("the guard", () => {
  it("lets a run within its bounds pass", () => expect(judge(run(1.55)).kind).toBe("fine"));

  it("sees a clean read that costs a third more", () => expect(judge(run(1.55 * 1.34)).kind).toBe("worse"));

  it("does not judge a run on a busy machine", () => expect(judge(run(3, 2)).kind).toBe("too-noisy"));

  it("is not put off by a few slow rounds", () => {
    const rules = cpu(90, 95, 100, 100, 100, 105, 110, 300);
    expect(judge({ ...run(1.55), rules }).kind).toBe("fine");
    expect(judge({ ...run(3), rules }).kind).toBe("worse");
  });

  it("does not let a run pass that has measured nothing", () => {
    const { rules } = run(1);
    expect(judge({ rules }).kind).toBe("worse");
    expect(judge({}).kind).toBe("too-noisy");
  });
});
