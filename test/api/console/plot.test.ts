import { describe, expect, it } from "vitest";
import { plot } from "../../../src/api/console/plot.ts";
import { at } from "../../support/time.ts";

const drawn = async (values: (number | undefined)[], most?: number) =>
  String(
    await plot({ title: "requests", unit: "/s", lines: [{ name: "all", values }], now: at(0), ...(most && { most }) }),
  );

describe("a plot", () => {
  it("has an axis with the largest value at the top, and an axis of time", async () => {
    const text = await drawn([0, 4, 2]);
    expect(text).toContain("<span>4</span><span>0</span>");
    expect(text).toContain('d="M0.0 80.0L0.0 80.0L300.0 0.0L600.0 40.0"');
    const minutes = [3, 2, 1, 0].map((ago) => `<span>${new Date(at(-60 * ago)).toISOString().slice(11, 16)}</span>`);
    expect(text).toContain(minutes.join(""));
  });

  it("of nothing says 0, and is a line at the bottom", async () => {
    const text = await drawn([0, 0]);
    expect(text).toContain("at most 0");
    expect(text).toContain('d="M0.0 80.0L0.0 80.0L600.0 80.0"');
  });

  it("has a gap where a value is not known, and says so of the last value", async () => {
    const text = await drawn([1, undefined, 1, undefined]);
    expect(text).toContain('d="M0.0 0.0L0.0 0.0M400.0 0.0L400.0 0.0"');
    expect(text).toContain("now not known, at most 1");
  });

  it("can have the axis of another plot", async () => {
    expect(await drawn([1, 1], 4)).toContain('d="M0.0 60.0L0.0 60.0L600.0 60.0"');
  });
});
