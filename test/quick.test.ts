import { describe, expect, it } from "vitest";

const files = import.meta.glob<string>("./conformance/**/*.test.ts", { query: "?raw", import: "default", eager: true });

/** The areas of conformance: the folders, and each file that is in no folder. */
const areas = Map.groupBy(Object.entries(files), ([path]) => path.split("/")[2] as string);

describe("the quick run of npm test", () => {
  it.each([...areas].filter(([area]) => !area.endsWith(".ts")))(
    "has a test file of test/conformance/%s",
    (_area, of) => {
      const quick = of.filter(([, text]) => text.includes("/** @quick */\n"));
      expect(quick, "put the line /** @quick */ at the top of one test file").not.toEqual([]);
    },
  );
});
