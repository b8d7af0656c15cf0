import type { Unavailable } from "../lib/unavailable.ts";
import { principalName } from "../objects/clients/principal-client.ts";
import { PrincipalIndex } from "../objects/principal/principal-index.ts";
import { MAX_SESSION_SECONDS } from "../settings/limits.ts";
import type { Unattended } from "../store/contracts.ts";
import type {
  Confirmed,
  Counted,
  EndedAll,
  Forgotten,
  Listed,
  Principals,
  Reserved,
} from "../store/principal-contracts.ts";
import { PrincipalEntries } from "./principal-entries.ts";
import type { Rung } from "./row-entries.ts";
import type { KeepUntil, Transact } from "./row-transactions.ts";

/** The store, the sessions, and the clock of the index on rows. */
export interface RowPrincipalsParts {
  readonly transact: Transact;
  /** The authority's sessions, for the index. */
  readonly sessions: Unattended;
  /** Keeps work alive that goes on after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** The index of principals on the rows of a store. */
export interface RowPrincipals extends Principals {
  /** Does the work of the alarm of the principal with this hash. */
  ring(hash: string): Promise<Rung | Unavailable>;
}

const MARGIN_MS = 24 * 60 * 60 * 1000;

/** An end of all sessions is remembered for as long as a session may live that logged in before it. */
export const keepPrincipalUntil: KeepUntil = (entries) => {
  const rows = new PrincipalEntries(entries);
  const deadlines = rows.page(Number.POSITIVE_INFINITY).map(({ absoluteDeadline }) => absoluteDeadline);
  const remembered = Math.max(rows.notBefore(), rows.logouts()?.at ?? 0) + MAX_SESSION_SECONDS * 1000;
  return Math.max(remembered, entries.alarmAt ?? 0, ...deadlines) + MARGIN_MS;
};

/** The index of each principal's sessions, one row per principal. */
export function createRowPrincipals({ transact, sessions, keepAlive }: RowPrincipalsParts): RowPrincipals {
  async function onRow<Answer>(
    hash: string,
    work: (index: PrincipalIndex) => Promise<Answer>,
  ): Promise<{ answer: Answer; isDue: boolean; hasChanged: boolean } | Unavailable> {
    return transact(`principal:${hash}`, keepPrincipalUntil, async (entries, now) => {
      const rows = new PrincipalEntries(entries);
      const answer = await work(new PrincipalIndex({ rows, sessions, alarms: entries, clock: () => now }));
      entries.isEnd = rows.notBefore() > 0 || rows.logouts() !== undefined;
      const { hasChanged, alarmAt } = entries;
      return { answer, hasChanged, isDue: hasChanged && alarmAt !== undefined && alarmAt <= now };
    });
  }

  async function ring(hash: string): Promise<Rung | Unavailable> {
    const ran = await onRow(hash, (index) => index.alarm());
    if (!("answer" in ran)) return ran;
    return { kind: ran.hasChanged ? "rung" : "unchanged" };
  }

  async function ask<Answer>(principal: string, work: (index: PrincipalIndex) => Promise<Answer>) {
    const hash = await principalName(principal);
    const ran = await onRow(hash, work);
    if (!("answer" in ran)) return ran;
    // Sessions above the limit end now, and not when the cron job comes.
    if (ran.isDue) keepAlive(ring(hash));
    return ran.answer;
  }

  return {
    reserve: (principal, reservation) => ask<Reserved>(principal, (index) => index.reserve({ reservation })),
    confirm: (principal, login, limit) => ask<Confirmed>(principal, (index) => index.confirm({ login, limit })),
    forget: (principal, id) => ask<Forgotten>(principal, (index) => index.forget({ id })),
    list: (principal, page) => ask<Listed>(principal, (index) => index.list(page)),
    count: (principal) => ask<Counted>(principal, (index) => index.count()),
    endAll: (principal, options) => ask<EndedAll>(principal, (index) => index.endAll(options)),
    ring,
  };
}
