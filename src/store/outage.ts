import { BoundedMap } from "../lib/bounded-map.ts";
import type { Change, Ref } from "../session/change.ts";
import type { Copy } from "../session/copy.ts";
import { deadlineOver, type Seen } from "../session/freshness.ts";
import { overlay } from "../session/journal.ts";
import { type View, viewOf } from "../session/record.ts";
import type { Committed, Lookup } from "./contracts.ts";
import type { Fallback } from "./fallback-contract.ts";

/**
 * The outcome of a change while the authority cannot be reached. Only `journaled` acknowledges it. `asked`: the journal was asked
 * to take the change, and may have taken it, whatever it answered.
 */
export type Journaled = ({ kind: "journaled" } | Extract<Committed, { kind: "ended" | "refused" | "unavailable" }>) & {
  readonly asked?: true;
};

/** The part of a session that is shown during the outage. */
export type Shown = Exclude<Lookup, { kind: "superseded" }> & {
  /** Whether it shows changes that the authority may not know yet. */
  journaled?: boolean;
  /** Whether it is older than the state that the client has seen. */
  stale?: boolean;
};

/** Reads and changes of a session while its authority cannot be reached. */
export interface Outage {
  /** The name of the fallback. */
  readonly name: string;
  read(ref: Ref, seen: Seen, now: number): Promise<Shown>;
  commit(ref: Ref, change: Change): Promise<Journaled>;
  /** When this isolate last gave a change to the session's journal; `undefined`: never. */
  journaledAt(id: string): number | undefined;
}

/** The clock and the settings of an outage. */
export interface OutageOptions {
  readonly clock: () => number;
  /** Whether the authority backs sessions up. */
  readonly backsUp: boolean;
}

/** An isolate remembers for this many sessions that it gave a change to their journal. */
const REMEMBERED = 8_192;

/**
 * The fallback in place of the authority: reads come from the backup with the journal laid over it, and changes go to the
 * journal.
 *
 * It never answers `miss` for a session that a token has seen, and never answers with another generation than the request's.
 */
export function createOutage(fallback: Fallback, { clock, backsUp }: OutageOptions): Outage {
  const given = new BoundedMap<string, number>(REMEMBERED);

  return {
    name: fallback.name,
    journaledAt: (id) => given.get(id),

    async read(ref, seen, now) {
      const found = await fallback.read(ref.id);
      if (found.kind === "unavailable") return found;
      const shown = overlay(found.record, found.entries);
      // Without backups, the changes that the authority has taken over cannot be seen here.
      const isNowhere = seen.version === 0 && backsUp;
      if (shown.kind === "nothing") return isNowhere ? { kind: "miss" } : unavailable("there is no backup");
      if (shown.kind === "ended") {
        const { journaled, generation } = shown;
        const isContested = journaled && generation < ref.generation;
        if (isContested) return unavailable("an older generation has asked for the end");
        const { record } = found;
        return { kind: "ended", journaled, ...(record?.ended ? { tombstone: unvouched(viewOf(record), true) } : {}) };
      }
      const { view, journaled } = shown;
      if (view.generation !== ref.generation) return unavailable("the backup is of another generation");
      const over = deadlineOver(view, seen, now);
      if (over === "absolute") return { kind: "ended" };
      // The authority may know of a touch that the backup does not have, so only the authority ends a session for idleness.
      if (over === "idle") return unavailable("the backup knows of no recent touch");
      return { kind: "hit", copy: unvouched(view, false), journaled, stale: view.version < seen.version };
    },

    async commit(ref, change) {
      if (
        change.principal !== undefined ||
        change.rotate ||
        change.ifVersion !== undefined ||
        change.lease !== undefined
      ) {
        return unavailable("only the authority gives out generations, compares versions and knows leases");
      }
      given.set(ref.id, clock());
      const appended = await fallback.append({ ref, change });
      given.set(ref.id, clock());
      switch (appended.kind) {
        case "appended":
          return { kind: "journaled", asked: true };
        case "expired":
          return { kind: "refused", reason: "expired", asked: true };
        case "undecided":
          return { ...unavailable("the journal or the backup is of another generation"), asked: true };
        default:
          return { ...appended, asked: true };
      }
    },
  };
}

/** A copy that the fallback shows. Other stores may keep a tombstone, and no other copy from the fallback. */
function unvouched(view: View, mayBeKept: boolean): Copy {
  return { ...view, vouchedAt: 0, journalSeenAt: 0, replicated: false, mayBeKept };
}

function unavailable(reason: string) {
  return { kind: "unavailable" as const, cause: new Error(reason) };
}
