import { describe, expect, it } from "vitest";
import { boundCount, type SeenWindow, withSeen } from "../../../src/upstream/live/sightings.ts";
import { addTo, emptySketch } from "../../../src/upstream/live/sketch.ts";
import { at } from "../../support/time.ts";

const AWAY_MS = 3_600_000;

describe("sessions bound to an origin", () => {
  const seen = (...sessions: string[]) => {
    const sketch = emptySketch();
    for (const session of sessions) addTo(sketch, session);
    return sketch;
  };
  const windowsAfter = (...steps: [seconds: number, ...sessions: string[]][]) =>
    steps.reduce<readonly SeenWindow[]>(
      (windows, [seconds, ...sessions]) => withSeen(windows, seen(...sessions), at(seconds), AWAY_MS) ?? windows,
      [],
    );

  it("are the sessions that were seen within the time that a session may be away", () => {
    const windows = windowsAfter([0, "a", "b", "c"], [1_800, "b"], [3_000, "c", "d"]);
    const counts = [3_000, 4_100, 4_300, 6_100, 7_300].map((seconds) => boundCount(windows, at(seconds), AWAY_MS));
    // A window is a sixth of that time, so sightings are gone at most a window later.
    expect(counts).toEqual([4, 4, 3, 2, 0]);
  });

  it("are never fewer than that, whenever they were seen", () => {
    for (let second = 0; second < 3_600; second += 97) {
      const windows = windowsAfter([second, "a"]);
      expect(boundCount(windows, at(second) + AWAY_MS - 1, AWAY_MS)).toBe(1);
      expect(boundCount(windows, at(second) + AWAY_MS * (7 / 6) + 1, AWAY_MS)).toBe(0);
    }
  });

  it("change nothing when they are seen again, so nothing is written", () => {
    const windows = windowsAfter([0, "a", "b"]);
    expect(withSeen(windows, seen("b"), at(10), AWAY_MS)).toBeUndefined();
    expect(withSeen(windows, seen("b"), at(1_000), AWAY_MS)).toHaveLength(2);
    expect(withSeen(windows, new Uint8Array(3), at(10), AWAY_MS)).toBeUndefined();
  });

  it("leave nothing behind", () => {
    expect(windowsAfter([0, "a"], [9_000, "b"])).toHaveLength(1);
  });
});
