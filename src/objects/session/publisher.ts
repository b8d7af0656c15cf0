import type { Ref } from "../../session/change.ts";
import type { Copy } from "../../session/copy.ts";
import { REPLICA_AGE_MS, SETTLE_MS } from "../../session/freshness.ts";
import type { SessionRecord } from "../../session/record.ts";
import type { Copies } from "../../store/contracts.ts";
import type { Outside, SessionRows, SessionStorage } from "./session-rows.ts";

/** The stores and the clock of the publisher. */
export interface PublisherParts {
  readonly rows: SessionRows;
  readonly storage: SessionStorage;
  readonly replicas: Copies;
  readonly clock: () => number;
  /** The record as other stores may keep it, vouched for now. */
  readonly copy: () => Copy | undefined;
}

/** A replica is published anew when it has used up half of the time for which it may answer. */
const RENEWED_AFTER_MS = REPLICA_AGE_MS / 2;
/** After this time, the alarm repeats a publication that failed. */
const RETRY_MS = 60_000;

/** Publishes one session's replicas, at most once per settle period. The alarm repeats a publication that failed. */
export class Publisher {
  readonly #parts: PublisherParts;
  #isRunning = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Whether a request makes it necessary to publish the session as it is now. */
  isWanted(replicate: "travel" | "always" | "off", ref: Ref, record: SessionRecord): boolean {
    const { replica, replicaDue } = this.#parts.rows.outside();
    // A publication that is already due will carry the newest version.
    if (replicaDue || replicate === "off" || !this.#parts.copy()?.mayBeKept) return false;
    if (record.ended) return replica !== undefined && replica.version < record.version;
    if (replicate === "travel" && !ref.away) return false;
    if (replica === undefined || replica.version < record.version) return true;
    const now = this.#parts.clock();
    return now - replica.vouchedAt > RENEWED_AFTER_MS || isTooOldFor(replica, ref, now);
  }

  /** Publishes at once if the last publication was a settle period ago. Otherwise, or if it fails, the alarm publishes. */
  async publishSoon(): Promise<void> {
    const { rows, storage, copy, clock } = this.#parts;
    const { replica } = rows.outside();
    const mayAt = mayPublishAt(rows.outside());
    const mayNow = clock() >= mayAt;
    // A publication without news may be lost with the object: the next request from elsewhere asks for it again.
    const isRenewal = mayNow && replica?.version === copy()?.version;
    if (isRenewal && (await this.#publish())) return;
    rows.saveOutside({ ...rows.outside(), replicaDue: true });
    await storage.setAlarm(mayNow ? clock() + SETTLE_MS : mayAt);
    if (!isRenewal) await this.publishIfDue();
  }

  /**
   * When the alarm must publish; `undefined`: it need not. A version newer than the replica is published as soon as allowed, and
   * a write that KV refused is repeated later.
   */
  dueAt(): number | undefined {
    const outside = this.#parts.rows.outside();
    if (!outside.replicaDue) return undefined;
    const now = this.#parts.clock();
    const mayAt = mayPublishAt(outside);
    return now < mayAt ? mayAt : now + RETRY_MS;
  }

  /** Publishes the newest copy if that is due. */
  async publishIfDue(): Promise<void> {
    const outside = this.#parts.rows.outside();
    if (outside.replicaDue && this.#parts.clock() >= mayPublishAt(outside)) await this.#publish();
  }

  /** Publishes the newest copy. Returns whether nothing is left to publish. */
  async #publish(): Promise<boolean> {
    const { rows, replicas, copy, clock } = this.#parts;
    if (this.#isRunning) return false;
    const newest = copy();
    // A new generation is published once its first use is known. Until then the generation before it is still served.
    if (!newest?.mayBeKept) return this.#settle(rows.outside());
    this.#isRunning = true;
    try {
      const kept = await replicas.keep({ ...newest, replicated: true });
      if (kept.kind === "unavailable") return false;
      const left = copy();
      // If the storage was freed meanwhile, it must stay free.
      if (!left) return true;
      const { version, vouchedAt } = newest;
      const outside = { ...rows.outside(), replica: { version, vouchedAt, publishedAt: clock() } };
      if (left.version === version) return this.#settle(outside);
      rows.saveOutside(outside);
      return false;
    } finally {
      this.#isRunning = false;
    }
  }

  #settle({ replicaDue, ...outside }: Outside): true {
    this.#parts.rows.saveOutside(outside);
    return true;
  }
}

/**
 * Whether the authority vouched for a replica too soon for a token, and a replica of now would not be too early. This happens to
 * the first replica, with the token that tells of it.
 */
function isTooOldFor(replica: { readonly vouchedAt: number }, { signedAt }: Ref, now: number): boolean {
  if (signedAt === undefined) return false;
  const settledAt = signedAt + SETTLE_MS;
  return replica.vouchedAt < settledAt && now >= settledAt;
}

/** When the next replica may be published. */
export function mayPublishAt({ replica }: Outside): number {
  return (replica?.publishedAt ?? 0) + SETTLE_MS;
}
