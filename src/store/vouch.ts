import { type SessionRecord, type View, viewOf } from "../session/record.ts";
import type { Copy, Glimpse } from "./contracts.ts";
import type { Outside } from "./session-rows.ts";

/** A view as the authority vouches for it at `now`, when `record` is what it holds. */
export function vouchFor(view: View, record: SessionRecord | undefined, outside: Outside, now: number): Copy {
  const isCurrent = view.generation === record?.generation;
  const isUsed = record?.before === undefined || record.before.used === true;
  return {
    ...view,
    vouchedAt: now,
    journalSeenAt: outside.journalSeenAt,
    replicated: outside.replica !== undefined,
    mayBeKept: isCurrent && isUsed,
  };
}

/** What somebody else than the visitor is shown of a record. */
export function glimpseOf(record: SessionRecord, shown: { attributes: boolean; indexDue: boolean }): Glimpse {
  const { attributes, ended, ...seen } = viewOf(record);
  return { ...seen, indexDue: shown.indexDue, ...(shown.attributes ? { attributes } : {}) };
}
