import type { Ref } from "../session/change.ts";
import type { SessionRecord } from "../session/record.ts";
import type { Copies, Copy } from "./contracts.ts";
import { REPLICA_AGE_MS, SETTLE_MS } from "./freshness.ts";
import type { Outside, SessionRows, SessionStorage } from "./session-rows.ts";

/** What the publisher works with. */
export interface PublisherParts {
  readonly rows: SessionRows;
  readonly storage: SessionStorage;
  readonly replicas: Copies;
  readonly clock: () => number;
  /** The record as it may be kept elsewhere, vouched for now. */
  readonly copy: () => Copy | undefined;
}

/** A replica is published anew when it has used up half of the time for which it may answer. */
const RENEWED_AFTER_MS = REPLICA_AGE_MS / 2;
/** When the alarm repeats what has failed. */
const RETRY_MS = 60_000;

/** Publishes one session's replicas, at most once per settle period; what fails is repeated by the alarm. */
export class Publisher {
  readonly #parts: PublisherParts;
  #isRunning = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Whether the session, as it is now, is to be published for a request. */
  isWanted(replicate: "travel" | "always" | "off", ref: Ref, record: SessionRecord): boolean {
    const { replica, replicaDue } = this.#parts.rows.outside();
    // What is due already goes out with the newest version.
    if (replicaDue || replicate === "off" || !this.#parts.copy()?.mayBeKept) return false;
    if (record.ended) return replica !== undefined && replica.version < record.version;
    if (replicate === "travel" && !ref.away) return false;
    const age = this.#parts.clock() - (replica?.vouchedAt ?? 0);
    return replica === undefined || replica.version < record.version || age > RENEWED_AFTER_MS;
  }

  /** Publishes, at once if the last time is a settle period ago; else, or if it fails, the alarm does. */
  async publishSoon(): Promise<void> {
    const { rows, storage, clock } = this.#parts;
    const outside = rows.outside();
    rows.saveOutside({ ...outside, replicaDue: true });
    await storage.setAlarm(Math.max(clock(), mayPublishAt(outside)) + SETTLE_MS);
    await this.publishIfDue();
  }

  /** When the alarm is to publish, if it is. */
  dueAt(): number | undefined {
    return this.#parts.rows.outside().replicaDue ? this.#parts.clock() + RETRY_MS : undefined;
  }

  /** Publishes the newest copy if that is due. */
  async publishIfDue(): Promise<void> {
    const { rows, replicas, copy, clock } = this.#parts;
    const outside = rows.outside();
    if (this.#isRunning || !outside.replicaDue || clock() < mayPublishAt(outside)) return;
    const newest = copy();
    // A new generation is published once its first use is known: until then the one before is still served.
    if (!newest?.mayBeKept) return this.#settle();
    this.#isRunning = true;
    try {
      const kept = await replicas.keep({ ...newest, replicated: true });
      if (kept.kind === "unavailable") return;
      const left = copy();
      // Whoever frees the storage meanwhile must find it free.
      if (!left) return;
      const { version, vouchedAt } = newest;
      rows.saveOutside({ ...rows.outside(), replica: { version, vouchedAt, publishedAt: clock() } });
      if (left.version === version) this.#settle();
    } finally {
      this.#isRunning = false;
    }
  }

  #settle(): void {
    const { replicaDue, ...outside } = this.#parts.rows.outside();
    this.#parts.rows.saveOutside(outside);
  }
}

function mayPublishAt({ replica }: Outside): number {
  return (replica?.publishedAt ?? 0) + SETTLE_MS;
}
