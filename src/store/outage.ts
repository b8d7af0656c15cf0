import { BoundedMap } from "../lib/bounded-map.ts";
import type { Change, Ref } from "../session/change.ts";
import type { Copy } from "../session/copy.ts";
import { deadlineOver, type Seen } from "../session/freshness.ts";
import { overlay } from "../session/journal.ts";
import { type View, viewOf } from "../session/record.ts";
import type { Committed, Lookup } from "./contracts.ts";
import type { Fallback } from "./redis/contract.ts";

/**
 * What becomes of a change while the authority cannot be reached. Only `journaled` acknowledges it. `marks`: the journal
 * was asked to take it, so the response sets the mark, whatever came of it.
 */
export type Journaled = ({ kind: "journaled" } | Extract<Committed, { kind: "ended" | "refused" | "unavailable" }>) & {
  readonly marks?: boolean;
};

/** What is shown of a session meanwhile. */
export type Shown = Exclude<Lookup, { kind: "superseded" }> & {
  /** Whether it shows what the authority may not know yet: then the response sets the mark. */
  journaled?: boolean;
  /** Whether it is older than what the client has seen. */
  stale?: boolean;
};

/** What can be done for a session while its authority cannot be reached. */
export interface Outage {
  read(ref: Ref, seen: Seen, now: number): Promise<Shown>;
  commit(ref: Ref, change: Change): Promise<Journaled>;
  /** When this isolate last gave the session's journal a change, if ever. */
  journaledAt(id: string): number | undefined;
}

/** How a fallback is used. */
export interface OutageOptions {
  readonly clock: () => number;
  /** Whether the authority backs sessions up. */
  readonly backsUp: boolean;
}

/** Of how many sessions an isolate remembers that it has given their journal a change. */
const REMEMBERED = 8_192;

/**
 * The fallback in the authority's stead: the backup with the journal laid over it, and the journal for changes.
 *
 * It never says `miss` of a session that a token has seen, and never answers for another generation than the request's.
 */
export function createOutage(fallback: Fallback, { clock, backsUp }: OutageOptions): Outage {
  const given = new BoundedMap<string, number>(REMEMBERED);

  return {
    journaledAt: (id) => given.get(id),

    async read(ref, seen, now) {
      const found = await fallback.read(ref.id);
      if (found.kind === "unavailable") return found;
      const shown = overlay(found.record, found.entries);
      // Without backups, what the authority has taken over is nowhere to be seen.
      const isNowhere = seen.version === 0 && backsUp;
      if (shown.kind === "nothing") return isNowhere ? { kind: "miss" } : unavailable("there is no backup");
      if (shown.kind === "ended") {
        const { journaled, generation } = shown;
        const isContested = journaled && generation < ref.generation;
        if (isContested) return unavailable("an older generation has asked for the end");
        const { record } = found;
        return { kind: "ended", journaled, ...(record?.ended ? { copy: unvouched(viewOf(record), true) } : {}) };
      }
      const { view, journaled } = shown;
      if (view.generation !== ref.generation) return unavailable("the backup is of another generation");
      const over = deadlineOver(view, seen, now);
      if (over === "absolute") return { kind: "ended" };
      // The authority may know of a touch that the backup has not: it alone ends a session for idleness.
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
          return { kind: "journaled", marks: true };
        case "expired":
          return { kind: "refused", reason: "expired", marks: true };
        case "undecided":
          return { ...unavailable("the journal or the backup is of another generation"), marks: true };
        default:
          return { ...appended, marks: true };
      }
    },
  };
}

/** What the fallback shows: a tombstone may be kept by other stores, and nothing else. */
function unvouched(view: View, mayBeKept: boolean): Copy {
  return { ...view, vouchedAt: 0, journalSeenAt: 0, replicated: false, mayBeKept };
}

function unavailable(reason: string) {
  return { kind: "unavailable" as const, cause: new Error(reason) };
}
