import fc from "fast-check";
import type { KvFault, LinkFault, ObjectFault } from "../../emulation/faults.ts";
import { type FaultStep, LOCATIONS } from "./schedule.ts";

/** The operations of each store. */
const OPERATIONS: Record<FaultStep["store"], readonly string[]> = {
  object: ["read", "commit", "takeOver"],
  kv: ["get", "put"],
  redis: ["read", "keep", "append", "takeOver"],
};

/**
 * Faults of these stores that come and go. A fault concerns all operations of a store, or now and then a single
 * operation.
 */
export function faultStep(
  stores: readonly FaultStep["store"][],
  lastsMs: fc.Arbitrary<number>,
  { ofOperations = false }: { ofOperations?: boolean | undefined } = {},
): fc.Arbitrary<Omit<FaultStep, "afterMs">> {
  const kinds = stores.map((store) =>
    fc.record({
      store: fc.constant(store),
      fault: faultOf(store),
      ...(ofOperations ? { operation: fc.constantFrom(undefined, ...OPERATIONS[store]) } : {}),
    }),
  );
  return fc
    .tuple(fc.oneof(...kinds), from(), lastsMs)
    .map(([failing, from, lastsMs]) => ({ kind: "fault", from, lastsMs, ...failing }) as FaultStep);
}

function from(): fc.Arbitrary<FaultStep["from"]> {
  return fc.constantFrom("everywhere", "everywhere", "objects", ...LOCATIONS);
}

function faultOf(store: FaultStep["store"]): fc.Arbitrary<LinkFault | ObjectFault | KvFault> {
  const kinds: fc.Arbitrary<LinkFault | ObjectFault | KvFault>[] = [linkFault()];
  if (store === "object") kinds.push(fc.constant({ kind: "overloaded" }), fc.constant({ kind: "reset" }));
  if (store === "kv") kinds.push(fc.constant({ kind: "429" }));
  return fc.oneof({ arbitrary: linkFault(), weight: 4 }, ...kinds.slice(1));
}

function linkFault(): fc.Arbitrary<LinkFault> {
  const late = fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 2_000, max: 12_000 }));
  return fc.oneof(
    fc.constant({ kind: "down" as const }),
    fc.record({ kind: fc.constant("request-lost" as const), silent: fc.boolean() }),
    fc.record({ kind: fc.constant("response-lost" as const), silent: fc.boolean() }),
    fc.record({ kind: fc.constant("slow" as const), requestMs: late, responseMs: late }),
  );
}
