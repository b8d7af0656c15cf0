import { RedisFault } from "../src/redis/client.ts";
import type { Fallback } from "../src/store/fallback-contract.ts";
import type { Clock } from "./clock.ts";
import type { FaultOf, LinkFault } from "./faults.ts";
import { carry } from "./link.ts";

/** How a location reaches Redis. */
export interface FallbackLink {
  readonly clock: Clock;
  /** The location that calls. */
  readonly from: string;
  /** How long a request travels, and a response, in milliseconds; asked for each call. Default 0. */
  readonly latencyMs?: () => number;
  /** The fault that a call meets; its operation is the method. Default: no fault. */
  readonly faultOf?: FaultOf<LinkFault>;
  /** After how many milliseconds a caller gives up, by the global timers. Default 1,000, as the real client's. */
  readonly deadlineMs?: number;
}

type Unavailable = { kind: "unavailable"; cause: unknown };

/** Redis as a location reaches it. As the real client does, it answers `unavailable` where the link fails or takes too long. */
export function createDistantFallback(
  fallback: Fallback,
  { clock, from, latencyMs = () => 0, faultOf = () => undefined, deadlineMs = 1_000 }: FallbackLink,
): Fallback {
  const errors = { down: () => new RedisFault("no-answer"), lost: () => new RedisFault("no-answer") };

  async function cross<Answer>(
    operation: keyof Fallback,
    work: () => Promise<Answer | Unavailable>,
  ): Promise<Answer | Unavailable> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new RedisFault("timeout")), deadlineMs);
    });
    const fault = faultOf(from, operation);
    try {
      return await Promise.race([
        late,
        carry(work, { clock, requestMs: latencyMs(), responseMs: latencyMs(), fault, errors }),
      ]);
    } catch (cause) {
      return { kind: "unavailable", cause };
    } finally {
      if (timer !== undefined) clearTimeout(timer);
    }
  }

  return {
    name: fallback.name,
    read: (id) => cross("read", () => fallback.read(id)),
    keep: (record) => cross("keep", () => fallback.keep(record)),
    append: (entry) => cross("append", () => fallback.append(entry)),
    takeOver: (id, changeIds, record) => cross("takeOver", () => fallback.takeOver(id, changeIds, record)),
    pendingSets: () => cross("pendingSets", () => fallback.pendingSets()),
    pending: (set, offset, limit) => cross("pending", () => fallback.pending(set, offset, limit)),
    settled: (id, before) => cross("settled", () => fallback.settled(id, before)),
    settledSet: (set, before) => cross("settledSet", () => fallback.settledSet(set, before)),
  };
}
