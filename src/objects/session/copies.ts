import type { ResolvedConfig } from "../../config/resolved.ts";
import type { Unavailable } from "../../lib/unavailable.ts";
import type { Ref } from "../../session/change.ts";
import type { Copy } from "../../session/copy.ts";
import { type SessionRecord, type View, viewOf } from "../../session/record.ts";
import type { SessionSummary } from "../../store/contracts.ts";
import type { Backups } from "./backups.ts";
import { type JournalWatch, mayEmptyAt } from "./journal.ts";
import type { Publisher } from "./publisher.ts";
import type { Outside, SessionRows, SessionStorage } from "./session-rows.ts";

/** Which copies an object writes to other stores. */
export type CopyPolicy = Omit<ResolvedConfig["stores"], "authority" | "fallback">;

/** The parts that look after the copies of one session elsewhere. */
export interface CopiesElsewhereParts {
  readonly rows: SessionRows;
  readonly storage: SessionStorage;
  readonly backups: Backups | undefined;
  readonly watch: JournalWatch | undefined;
  readonly publisher: Publisher | undefined;
  readonly clock: () => number;
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** After this time, an alarm tries again to reach a store outside that was unavailable. */
export const RETRY_MS = 60_000;
/** How many ids of changes are kept before the journal is asked whether they are still needed. */
const MANY_CHANGES = 64;
/** The journal is asked no earlier than this after the oldest of them has expired, in milliseconds. A backup often tells it sooner. */
const ASKED_AFTER_MS = 5_000;

/** Looks after the copies of one session elsewhere, before an answer of its authority leaves and after that. */
export class CopiesElsewhere {
  readonly #parts: CopiesElsewhereParts;
  // A caller that ends a session without knowing the policy still ends its replica, if there is a replica.
  #policy: CopyPolicy = { replicate: "always", backup: "off", strictBackup: false };

  constructor(parts: CopiesElsewhereParts) {
    this.#parts = parts;
  }

  /** Sets the policy from now on. Callers that know no policy leave it unchanged. */
  follow(policy: CopyPolicy | undefined): void {
    this.#policy = policy ?? this.#policy;
  }

  /** The answer once it may leave, or the reason why it may not. At once if no backup must be written first. */
  letOut<Answer>(ref: Ref, answer: Answer): Answer | Promise<Answer | Unavailable> {
    const { rows, backups, keepAlive } = this.#parts;
    const record = rows.load();
    if (!record) return answer;
    if (backups?.isBehind(record) && this.#backsUp(record)) {
      // An end is backed up first in every mode, because only the backup tells the journal to take no more changes.
      if (this.#policy.backup === "sync" || record.ended) return this.#letOutBackedUp(ref, answer, record, backups);
      keepAlive(backups.catchUp());
    }
    this.#followUp(ref, record);
    return answer;
  }

  async #letOutBackedUp<Answer>(
    ref: Ref,
    answer: Answer,
    record: SessionRecord,
    backups: Backups,
  ): Promise<Answer | Unavailable> {
    const { storage, clock } = this.#parts;
    const written = await backups.write();
    if (written.kind === "unavailable") {
      if (record.ended) await storage.setAlarm(clock() + RETRY_MS);
      if (this.#policy.strictBackup) return written;
    }
    this.#followUp(ref, record);
    return answer;
  }

  /** Begins the work elsewhere that no answer waits for. */
  #followUp(ref: Ref, record: SessionRecord): void {
    const { rows, watch, publisher, clock, keepAlive } = this.#parts;
    const mayForget = () => clock() >= mayEmptyAt(rows.outside().journalHeldAt);
    if (watch && holdsOldChanges(record, clock()) && mayForget()) keepAlive(this.lookBehind());
    const { replicate } = this.#policy;
    // A visitor who has not travelled needs no replica of a session that lives.
    const mayBeWanted = replicate !== "travel" || ref.away || record.ended;
    if (mayBeWanted && publisher?.isWanted(replicate, ref, record)) keepAlive(publisher.publishSoon());
  }

  /** Looks at the journal without any request waiting for the look. */
  async lookBehind(): Promise<void> {
    const record = this.#parts.rows.load();
    if (record) await this.#parts.watch?.look(record.id);
  }

  /** A session that has a backup keeps it, because callers such as an alarm do not know the policy. */
  #backsUp(record: SessionRecord): boolean {
    return (
      this.#policy.backup !== "off" || record.ended !== undefined || this.#parts.rows.outside().backedUpVersion > 0
    );
  }
}

/** Whether a record keeps many ids of changes, some of which are no longer needed unless the journal holds their changes. */
function holdsOldChanges({ recentChanges }: SessionRecord, now: number): boolean {
  const [oldest] = recentChanges;
  return oldest !== undefined && recentChanges.length > MANY_CHANGES && now >= oldest.expiresAt + ASKED_AFTER_MS;
}

/** A view with the authority's vouching at `now`. `record` is the record that the authority holds. */
export function toCopy(view: View, record: SessionRecord | undefined, outside: Outside, now: number): Copy {
  const isCurrent = view.generation === record?.generation;
  const isUsed = record?.before === undefined || record.before.used === true;
  // A copy kept before the token of an adopted session is known to have come back would leave the session open to the old cookie.
  const hasArrived =
    (typeof MOOR_ADOPTION !== "undefined" && !MOOR_ADOPTION) ||
    record?.adopted === undefined ||
    record.adopted.used === true;
  return {
    ...view,
    vouchedAt: now,
    journalSeenAt: outside.journalSeenAt,
    replicated: outside.replica !== undefined,
    mayBeKept: isCurrent && isUsed && hasArrived,
  };
}

/** The part of a record that operators and the index may see. */
export function summaryOf(record: SessionRecord, shown: { attributes: boolean; indexDue: boolean }): SessionSummary {
  const { attributes, ended, old, ...seen } = viewOf(record);
  return { ...seen, indexDue: shown.indexDue, ...(shown.attributes ? { attributes } : {}) };
}
