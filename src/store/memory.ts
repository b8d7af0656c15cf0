import { BoundedMap } from "../bounded-map.ts";
import { type Copies, type Copy, isNewer } from "./contracts.ts";

/** Weight of a copy beside its attributes, in bytes; an estimate. */
const COPY_BYTES = 512;

/**
 * Copies in the isolate's own memory. They are lost with it, and other isolates do not see them.
 *
 * @param limitBytes how much is held; at most twice as much. Default 16 MiB, an eighth of an isolate's memory.
 */
export function createMemory(limitBytes: number = 16 * 1024 * 1024): Copies {
  const copies = new BoundedMap<string, Copy>(limitBytes, (copy) => COPY_BYTES + copy.attributeBytes);
  return {
    name: "memory",
    async read(ref) {
      const copy = copies.get(ref.id);
      if (!copy) return { kind: "miss" };
      return copy.ended ? { kind: "ended", copy } : { kind: "hit", copy };
    },
    async keep(copy) {
      const held = copies.get(copy.id);
      if (held?.ended) return { kind: "ended" };
      if (held && !copy.ended && isNewer(held, copy)) return { kind: "older" };
      copies.set(copy.id, copy);
      return { kind: "kept" };
    },
  };
}
