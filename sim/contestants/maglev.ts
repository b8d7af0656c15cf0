import { murmur3 } from "../../src/upstream/affinity/murmur3.ts";
import { encodeUtf8 } from "../../src/upstream/affinity/utf8.ts";
import type { Contestant, SimulatedOrigin } from "./contestant.ts";

/** A prime; Envoy's default. */
const SLOTS = 65_537;

/** Maglev (Eisenbud and others, NSDI 2016) with a table of 65,537, built anew when the pool changes; weights as in Envoy. */
export const maglev: Contestant = {
  name: "Maglev, 65,537",
  compile(origins) {
    const table = fill(origins);
    return (session) => table[murmur3(encodeUtf8(session), 0x9747b28c) % SLOTS] as number;
  },
};

/** Each origin takes, turn by turn, the next free slot of its own permutation; a light one sits turns out. */
function fill(origins: readonly SimulatedOrigin[]): Int32Array {
  const table = new Int32Array(SLOTS).fill(-1);
  const heaviest = Math.max(...origins.map(({ weight }) => weight));
  const states = origins.map(({ id, weight }, index) => ({
    index,
    share: weight / heaviest,
    owed: 0,
    at: murmur3(encodeUtf8(id), 0x1b873593) % SLOTS,
    skip: (murmur3(encodeUtf8(id), 0x2545f491) % (SLOTS - 1)) + 1,
  }));
  for (let taken = 0; taken < SLOTS; ) {
    for (const state of states) {
      state.owed += state.share;
      if (state.owed < 1 || taken === SLOTS) continue;
      state.owed -= 1;
      while (table[state.at] !== -1) state.at = (state.at + state.skip) % SLOTS;
      table[state.at] = state.index;
      taken++;
    }
  }
  return table;
}
