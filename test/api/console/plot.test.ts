import { describe, expect, it } from "vitest";
import { plot } from "../../../src/api/console/plot.ts";
import { at } from "../../support/time.ts";

const drawn = async (values: number[]) => String(await plot("requests", "/s", [{ name: "all", values }], at(0)));

describe("a plot", () => {
  it("says the largest value, and draws it at the top", async () => {
    const text = await drawn([0, 4, 2]);
    expect(text).toContain("at most 4 /s");
    expect(text).toContain('d="M0.0 80.0L300.0 0.0L600.0 40.0"');
  });

  it("of nothing says 0, and is a line at the bottom", async () => {
    const text = await drawn([0, 0]);
    expect(text).toContain("at most 0 /s");
    expect(text).toContain('d="M0.0 80.0L600.0 80.0"');
  });
});
