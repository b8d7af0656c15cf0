import { describe, expect, it } from "vitest";
import { judge } from "../../bench/http/guard.ts";

const flat = (value: number) => ({ median: value, min: value, max: value });
const run = (cleanRead: number, noise = 1) => ({
  passThrough: { cpuMicroseconds: { median: 150, min: 150, max: 150 * noise }, cpuRatio: flat(1) },
  cleanRead: { cpuMicroseconds: flat(150), cpuRatio: flat(cleanRead) },
  anonymous: { cpuMicroseconds: flat(150), cpuRatio: flat(2) },
});

describe("the guard", () => {
  it("lets a run within its bounds pass", () => expect(judge(run(1.9)).kind).toBe("fine"));

  it("sees a clean read that costs a third more", () => expect(judge(run(1.9 * 1.34)).kind).toBe("worse"));

  it("does not judge a run on a busy machine", () => expect(judge(run(3, 2)).kind).toBe("too-noisy"));

  it("does not let a run pass that has measured nothing", () => {
    const { passThrough } = run(1);
    expect(judge({ passThrough }).kind).toBe("worse");
    expect(judge({}).kind).toBe("too-noisy");
  });
});
