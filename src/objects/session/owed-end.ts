import type { Unavailable } from "../../lib/unavailable.ts";
import { settled, tryAgain } from "../../session/adopting.ts";
import type { OldRef, SessionRecord } from "../../session/record.ts";
import type { SessionRows } from "./session-rows.ts";

/** The old applications, as the alarm of an ended session reaches them. */
export interface OldSessions {
  /** Ends an old session. `done`: it has ended, now or before. */
  end(old: OldRef, sessionId: string): Promise<{ readonly kind: "done" } | Unavailable>;
  /** Tells operators that an old session was left alive: adoptions have ended, and no try to end it has succeeded. */
  left(old: OldRef, sessionId: string): void;
}

/** The rows, the old applications, and the clock. */
export interface OwedEndParts {
  readonly rows: SessionRows;
  readonly oldSessions: OldSessions;
  readonly clock: () => number;
}

/** Ends the old session of a session that has ended, again and again until its application confirms the end, or adoptions are over. */
export class OwedEnd {
  readonly #parts: OwedEndParts;

  constructor(parts: OwedEndParts) {
    this.#parts = parts;
  }

  /** When the alarm must try; `Infinity`: it need not. */
  dueAt(): number {
    return this.#parts.rows.load()?.owed?.nextAt ?? Number.POSITIVE_INFINITY;
  }

  async payIfDue(): Promise<void> {
    const { rows, oldSessions, clock } = this.#parts;
    const tombstone = rows.load();
    if (!tombstone?.owed || !tombstone.old || clock() < tombstone.owed.nextAt) return;
    const { id, old } = tombstone;
    const ended = await oldSessions.end(old, id);
    const now: SessionRecord | undefined = rows.load();
    // The request that ended the session may have confirmed the end meanwhile.
    if (!now?.owed) return;
    const next = ended.kind === "done" ? settled(now) : tryAgain(now, old, clock());
    rows.save(next, now);
    if (ended.kind === "unavailable" && !next.owed) oldSessions.left(old, id);
  }
}
