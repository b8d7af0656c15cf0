import { runBirths } from "./births.ts";
import { runChanges } from "./changes.ts";
import { modulo } from "./contestants/modulo.ts";
import { maglev, whrw1 } from "./contestants/moor.ts";
import { ring } from "./contestants/ring.ts";
import { runLive, runSpread } from "./live.ts";
import { type Report, reportBirths, reportChanges, reportLive, reportSlowStart, reportZones } from "./report.ts";
import { runSlowStart } from "./slow-start.ts";
import { runZones } from "./zones.ts";

/** An event that may happen to pools. */
export interface Scenario {
  readonly name: string;
  /** The event that it plays, in a line. */
  readonly about: string;
  /** @param tell is told of each part that begins. */
  play(sizes: readonly number[], sessions: readonly string[], tell: (what: string) => void): Promise<Report>;
}

/** All scenarios, in the order of docs/explanation/affinity.md. */
export const scenarios: readonly Scenario[] = [
  {
    name: "changes",
    about: "an origin dies, returns, is added, weighs more: whrw1 and what others do",
    async play(sizes, sessions, tell) {
      const outcomes = [whrw1, ring, maglev, modulo].map((contestant) => ({
        name: contestant.name,
        bySize: sizes.map((size) => {
          tell(`${contestant.name}, ${size} origins`);
          return runChanges(contestant, size, sessions);
        }),
      }));
      return reportChanges(sizes, sessions.length, outcomes);
    },
  },
  {
    name: "births",
    about: "origins are added and drained by the configuration's birth times",
    play: async (sizes, sessions, tell) => reportBirths(sizes, await bySize(sizes, sessions, tell, runBirths)),
  },
  {
    name: "live",
    about: "operators drain, restore and eject an origin while isolates learn of it at different times",
    async play(sizes, sessions, tell) {
      const lives = await bySize(sizes, sessions, tell, runLive);
      return reportLive(sizes, lives, await runSpread(sessions));
    },
  },
  {
    name: "slow-start",
    about: "an origin that is added gets its share by steps",
    play: async (sizes, sessions, tell) => reportSlowStart(sizes, await bySize(sizes, sessions, tell, runSlowStart)),
  },
  {
    name: "zones",
    about: "a region fails, and another is added",
    play: async (sizes, sessions, tell) => reportZones(sizes, await bySize(sizes, sessions, tell, runZones)),
  },
];

async function bySize<Found>(
  sizes: readonly number[],
  sessions: readonly string[],
  tell: (what: string) => void,
  run: (size: number, sessions: readonly string[]) => Found | Promise<Found>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const size of sizes) {
    tell(`${size} origins`);
    found.push(await run(size, sessions));
  }
  return found;
}
