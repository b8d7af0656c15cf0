import { murmur3 } from "../../../src/upstream/affinity/murmur3.ts";
import { encodeUtf8 } from "../../../src/upstream/affinity/utf8.ts";
import type { Contestant } from "../contestant.ts";

const SLOTS = 65_537;
const OFFSET_SEED = 0x1b873593;
const SKIP_SEED = 0x2545f491;
const KEY_SEED = 0x9747b28c;

/** Maglev's table (Eisenbud and others, NSDI 2016, section 3.4) of 65,537 slots, on the hash that whrw1 uses. */
export const maglev: Contestant = {
  name: "maglev",
  build(ids) {
    const table = fill(ids);
    const slotOf = (key: string) => murmur3(encodeUtf8(key), KEY_SEED) % SLOTS;
    return {
      pick: (key) => ids[table[slotOf(key)] as number],
      /** The origins of the slots that follow, as a table that is probed past the ones that fail. */
      firstThree(key) {
        const found: number[] = [];
        for (let slot = slotOf(key); found.length < Math.min(3, ids.length); slot = (slot + 1) % SLOTS) {
          const index = table[slot] as number;
          if (!found.includes(index)) found.push(index);
        }
        return found.map((index) => ids[index] as string);
      },
    };
  },
};

function fill(ids: readonly string[]): Int32Array {
  const hash = (id: string, seed: number) => murmur3(encodeUtf8(id), seed);
  const next = Uint32Array.from(ids, (id) => hash(id, OFFSET_SEED) % SLOTS);
  const skips = Uint32Array.from(ids, (id) => (hash(id, SKIP_SEED) % (SLOTS - 1)) + 1);
  const table = new Int32Array(SLOTS).fill(-1);
  for (let filled = 0; ; ) {
    for (let index = 0; index < ids.length; index++) {
      let slot = next[index] as number;
      while ((table[slot] as number) >= 0) slot = (slot + (skips[index] as number)) % SLOTS;
      table[slot] = index;
      next[index] = (slot + (skips[index] as number)) % SLOTS;
      if (++filled === SLOTS) return table;
    }
  }
}
