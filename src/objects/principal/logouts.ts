import { MAX_PRINCIPAL_SESSIONS } from "../../settings/limits.ts";
import type { Login, ProviderLogout } from "../../store/principal-contracts.ts";
import type { Logouts, PrincipalRows, Row } from "./principal-rows.ts";

/** No logout yet. */
const NO_LOGOUTS: Logouts = { sids: [], issuedAt: 0, at: 0 };

/** A login is told within seconds, or after an outage. Nobody logs out so often meanwhile. */
const MOST_SIDS = 100;

/** Remembers a logout, and marks the live sessions for ending that it means. */
export function noteLogout(rows: Pick<PrincipalRows, keyof PrincipalRows>, logout: ProviderLogout, now: number): void {
  const { sids, issuedAt } = rows.logouts() ?? NO_LOGOUTS;
  const noted =
    "sid" in logout
      ? { sids: [...sids.filter((sid) => sid !== logout.sid), logout.sid].slice(-MOST_SIDS), issuedAt, at: now }
      : { sids, issuedAt: Math.max(issuedAt, logout.issuedAt), at: now };
  rows.logouts(noted);
  for (const row of rows.page(MAX_PRINCIPAL_SESSIONS + 1)) {
    if (isLoggedOut(row, noted)) rows.put({ ...row, state: "ending", dueAt: now });
  }
}

/**
 * Whether a provider has logged out a login since it made it. A session of the provider's never begins again, so its name decides whatever
 * the time. Two times of the provider's own clock are compared: the clock of Moor may be apart, and whole seconds hide a quick logout.
 */
export function isLoggedOut(
  { sid = "", issuedAt = 0 }: Pick<Login, "sid" | "issuedAt">,
  logouts: Logouts = NO_LOGOUTS,
): boolean {
  return logouts.sids.includes(sid) || (issuedAt > 0 && issuedAt <= logouts.issuedAt);
}

/**
 * Notes under which session at the provider the visitor of a session has logged in again. The provider counts in whole seconds, so two
 * logins may bear the same time.
 */
export function renew(rows: Pick<PrincipalRows, "put">, known: Row, { sid = "", issuedAt = 0 }: Login): void {
  const knownAt = known.issuedAt ?? 0;
  if (issuedAt > knownAt || (issuedAt === knownAt && sid !== (known.sid ?? ""))) rows.put({ ...known, sid, issuedAt });
}
