import type { RowStore } from "../src/row-stores/row-store.ts";
import type { Clock } from "./clock.ts";
import type { FaultOf, LinkFault } from "./faults.ts";
import { carry } from "./link.ts";

/** How a location reaches a store of rows. */
export interface RowsLink {
  readonly clock: Clock;
  /** The location that calls. */
  readonly from: string;
  /** How long a request travels, and a response, in milliseconds; asked for each call. */
  readonly latencyMs: () => number;
  /** The fault that a call meets; its operation is the method. */
  readonly faultOf: FaultOf<LinkFault>;
  /** After how many milliseconds a caller gives up, by the global timers. Default 1,000. */
  readonly deadlineMs?: number;
}

/** A store of rows as a location reaches it. As real stores do, it answers `unavailable` where the link fails or takes too long. */
export function createDistantRows(
  store: RowStore,
  { clock, from, latencyMs, faultOf, deadlineMs = 1_000 }: RowsLink,
): RowStore {
  const errors = { down: () => new Error("no answer"), lost: () => new Error("no answer") };

  async function cross<Answer>(operation: keyof RowStore, work: () => Promise<Answer>) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("late")), deadlineMs);
    });
    const fault = faultOf(from, operation);
    try {
      const passage = { clock, requestMs: latencyMs(), responseMs: latencyMs(), fault, errors };
      return await Promise.race([late, carry(work, passage)]);
    } catch (cause) {
      return { kind: "unavailable" as const, cause };
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    name: store.name,
    isMetered: store.isMetered,
    read: (name) => cross("read", () => store.read(name)),
    write: (name, write) => cross("write", () => store.write(name, write)),
    due: (limit) => cross("due", () => store.due(limit)),
    free: (limit) => cross("free", () => store.free(limit)),
  };
}
