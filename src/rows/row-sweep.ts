import type { RowStore } from "../row-stores/row-store.ts";
import type { RowAuthority } from "./row-authority.ts";
import type { RowPrincipals } from "./row-principals.ts";

/** The rows of a sweep, and its clock. */
export interface RowSweepParts {
  readonly store: Pick<RowStore, "due" | "free">;
  readonly sessions: Pick<RowAuthority, "ring">;
  readonly principals: Pick<RowPrincipals, "ring">;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The result of a sweep. */
export interface RowsSwept {
  /** Rows whose alarm has rung. */
  readonly rung: number;
  /** Rows that the store has freed. */
  readonly freed: number;
  /** Rows that are left for the next sweep, of those that the store has named: they could not be rung, or are not due by this clock. */
  readonly left: number;
  /** Why the store could not be asked; absent if it could. */
  readonly cause?: unknown;
}

const PAGE = 100;
const FREED_AT_ONCE = 1_000;
const AT_ONCE = 6;
/** A sweep stops after this time, to make room for the next sweep of the cron trigger, a minute later. */
const LASTS_MS = 45_000;

/** Rings the alarms of rows that are due, as Durable Objects do by themselves, and frees rows that are no longer needed. */
export async function sweepRows({ store, sessions, principals, clock }: RowSweepParts): Promise<RowsSwept> {
  const endsAt = clock() + LASTS_MS;
  let rung = 0;

  async function ring(name: string): Promise<boolean> {
    const [kind, key] = cutName(name);
    const answer = kind === "principal" ? await principals.ring(key) : await sessions.ring(key);
    return answer.kind === "rung";
  }

  // The store names these rows again, before all others.
  const notRung = new Set<string>();
  for (;;) {
    const page = await store.due(PAGE + notRung.size);
    if (page.kind === "unavailable") return { rung, freed: 0, left: notRung.size, cause: page.cause };
    const names = page.names.filter((name) => !notRung.has(name));
    if (names.length === 0) break;
    for (let from = 0; from < names.length; from += AT_ONCE) {
      if (clock() >= endsAt) return { rung, freed: 0, left: names.length - from + notRung.size };
      const some = names.slice(from, from + AT_ONCE);
      const done = await Promise.all(some.map(ring));
      for (const [index, name] of some.entries()) if (!done[index]) notRung.add(name);
      rung += done.filter(Boolean).length;
    }
  }
  const freed = await store.free(FREED_AT_ONCE);
  if (freed.kind === "unavailable") return { rung, freed: 0, left: notRung.size, cause: freed.cause };
  return { rung, freed: freed.rows, left: notRung.size };
}

function cutName(name: string): [kind: string, key: string] {
  const at = name.indexOf(":");
  return [name.slice(0, at), name.slice(at + 1)];
}
