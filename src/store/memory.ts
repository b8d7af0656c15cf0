import { BoundedMap } from "../lib/bounded-map.ts";
import { type Copy, isNewer } from "../session/copy.ts";
import type { Json } from "../session/patch.ts";
import type { Memory } from "./contracts.ts";

/**
 * The memory that V8 needs for a copy, in bytes, rounded up. Measured with Node 24, whose pointers are twice as long as
 * workerd's. A text may need two bytes for each byte of its UTF-8. A name that no other session uses costs more than its value.
 */
const WEIGHT = { copy: 512, perJsonByte: 2, container: 64, value: 24, name: 104 } as const;

/**
 * Copies in the isolate's own memory. They are lost with the isolate, and other isolates do not see them.
 *
 * @param limitBytes how much is kept, measured by {@link weightOf}; at most twice as much. Default 16 MiB, an eighth of an
 * isolate's memory.
 */
export function createMemory(limitBytes: number = 16 * 1024 * 1024): Memory {
  const copies = new BoundedMap<string, { copy: Copy; weight: number }>(limitBytes, ({ weight }) => weight);
  return {
    name: "memory",
    read(ref) {
      const copy = copies.get(ref.id)?.copy;
      if (!copy) return { kind: "miss" };
      return copy.ended ? { kind: "ended", tombstone: copy } : { kind: "hit", copy };
    },
    keep(copy) {
      const held = copies.get(copy.id)?.copy;
      if (held?.ended) return { kind: "ended" };
      if (held && !copy.ended && isNewer(held, copy)) return { kind: "older" };
      copies.set(copy.id, { copy, weight: weightOf(copy) });
      return { kind: "kept" };
    },
  };
}

/** The most memory that a copy may need, in bytes. Dense JSON takes twenty times its length. */
export function weightOf({ attributes, attributeBytes, flash }: Copy): number {
  const values = valueWeight(attributes) + (flash ? valueWeight(flash) : 0);
  return WEIGHT.copy + WEIGHT.perJsonByte * attributeBytes + values;
}

function valueWeight(value: Json): number {
  if (typeof value !== "object" || value === null) return WEIGHT.value;
  const inner = Object.values(value);
  const names = Array.isArray(value) ? 0 : inner.length * WEIGHT.name;
  let weight = WEIGHT.container + names;
  for (const each of inner) weight += valueWeight(each);
  return weight;
}
