import { type Affinity, checkOrigins, type WeightedOrigin } from "./affinity.ts";
import { encodeUtf8, murmur3 } from "./murmur3.ts";

/** A prime, so that each origin's steps visit every slot. Envoy's default, and "small" in the paper. */
const SLOTS = 65_537;
const OFFSET_SEED = 0x1b873593;
const SKIP_SEED = 0x2545f491;
const KEY_SEED = 0x9747b28c;
const EMPTY = 0xffff;

/**
 * `maglev`: a table of 65,537 slots that origins fill in turn, each at the slots of its own permutation (Eisenbud and others,
 * "Maglev", NSDI 2016, section 3.4). An origin takes turns in proportion to its weight, as in Envoy.
 *
 * A pick costs one hash, whatever the number of origins, and shares are even to about 1 % for 100 origins. In exchange, a
 * change of the origins also moves some keys of origins that stay, and a table takes 128 KiB and milliseconds to build. An
 * origin of less than one 65,537th of the heaviest weight may get no slot. There is no slow start: `steps` has no effect.
 *
 * An ejected origin is passed over: its keys go to the origins of the slots that follow, and no other key moves.
 *
 * @param origins ids unique, at most 65,534; weights finite and 0 or more, where 0 gets no key.
 * @throws TypeError for an empty list, a repeated id, a weight out of bounds, or too many origins.
 */
export function createMaglev(origins: readonly WeightedOrigin[]): Affinity {
  checkOrigins(origins);
  if (origins.length >= EMPTY) throw new TypeError(`origins: found ${origins.length}, accepted: at most ${EMPTY - 1}`);
  const table = fill(origins);

  return {
    name: "maglev",
    order(key, limit, ejected) {
      const found: number[] = [];
      const wanted = table ? Math.min(limit, countIn(table.holders, ejected)) : 0;
      for (let slot = murmur3(encodeUtf8(key), KEY_SEED) % SLOTS; found.length < wanted; slot = (slot + 1) % SLOTS) {
        const index = table?.slots[slot] as number;
        if (!ejected?.[index] && !found.includes(index)) found.push(index);
      }
      return found;
    },
  };
}

interface Table {
  /** The index of the origin of each slot. */
  readonly slots: Uint16Array;
  /** The indices of the origins that hold at least one slot. */
  readonly holders: readonly number[];
}

/**
 * Fills the table in rounds. The origin of the largest weight takes a slot in each round. The others take slots in proportion to
 * their weights.
 */
function fill(origins: readonly WeightedOrigin[]): Table | undefined {
  // All isolates must fill the table alike, whatever the order of the list, so origins are sorted by id (by code unit).
  const sorted = origins
    .map(({ id, weight }, index) => ({ id, weight, index }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => (one.id < other.id ? -1 : 1));
  if (sorted.length === 0) return undefined;
  const heaviest = Math.max(...sorted.map(({ weight }) => weight));
  const filling = sorted.map(({ id, weight, index }) => ({
    index,
    share: weight / heaviest,
    credit: 0,
    slot: murmur3(encodeUtf8(id), OFFSET_SEED) % SLOTS,
    skip: (murmur3(encodeUtf8(id), SKIP_SEED) % (SLOTS - 1)) + 1,
  }));
  const slots = new Uint16Array(SLOTS).fill(EMPTY);
  const holders = new Set<number>();
  for (let filled = 0; filled < SLOTS; ) {
    for (const origin of filling) {
      origin.credit += origin.share;
      if (origin.credit < 1) continue;
      origin.credit -= 1;
      while (slots[origin.slot] !== EMPTY) origin.slot = (origin.slot + origin.skip) % SLOTS;
      slots[origin.slot] = origin.index;
      holders.add(origin.index);
      if (++filled === SLOTS) break;
    }
  }
  return { slots, holders: [...holders] };
}

function countIn(holders: readonly number[], ejected: Readonly<Uint8Array> | undefined): number {
  return ejected ? holders.filter((index) => !ejected[index]).length : holders.length;
}
