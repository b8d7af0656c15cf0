import type { Log } from "../../log.ts";
import { type FollowReport, type Follows, judgeFollow } from "../../upstream/live/follows.ts";
import type { PoolStorage } from "./pool-rows.ts";

/** The answer to a report. */
export interface Followed {
  readonly kind: "followed";
  /** Whether the old session that is gone was logged out. */
  readonly ends: boolean;
  /** Sessions that were born at this time or before are not followed any more, in milliseconds since 1970. */
  readonly stoppedAt?: number | undefined;
}

/** The storage, the clock and the log. */
export interface PoolFollowsParts {
  readonly storage: Pick<PoolStorage, "kv">;
  readonly clock: () => number;
  readonly log: Log;
  /**
   * Whether reports about living sessions alone are written too, for storage that is read by several processes. Default: they stay in memory.
   * If they are lost, the judge stops sooner.
   */
  readonly keepsLiving?: boolean;
}

const keyOf = (from: string) => `follows/${from}`;

/** Judges for all isolates whether old sessions were logged out, or were lost with many others. */
export class PoolFollows {
  readonly #parts: PoolFollowsParts;
  readonly #known = new Map<string, Follows>();

  constructor(parts: PoolFollowsParts) {
    this.#parts = parts;
  }

  report(from: string, report: FollowReport): Followed {
    const { storage, clock, log, keepsLiving = false } = this.#parts;
    const before = this.#known.get(from) ?? storage.kv.get<Follows>(keyOf(from));
    const { follows, ends, wave } = judgeFollow(before, report, clock());
    if (report.gone || keepsLiving) storage.kv.put(keyOf(from), follows);
    this.#known.set(from, follows);
    if (wave) log({ event: "follow_stopped", kind: from, reason: `${wave.gone} of ${wave.asked} sessions were gone` });
    return { kind: "followed", ends, stoppedAt: follows.stoppedAt };
  }
}
