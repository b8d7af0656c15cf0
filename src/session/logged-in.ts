import type { Change } from "./change.ts";
import { isSamePerson, type Login } from "./login.ts";
import { type SessionRecord, withoutLogin } from "./record.ts";

/**
 * The record once somebody has logged in to it.
 *
 * @param login at the provider; `undefined`: an origin has logged them in.
 * @param now milliseconds since 1970.
 */
export function loggedIn(
  record: SessionRecord,
  principal: string,
  login: Login | undefined,
  now: number,
): SessionRecord {
  const next = { ...record, principal, loggedInAt: now };
  if ((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && login) return { ...next, login: { ...login, at: now } };
  // A login that has lapsed would hide the visitor whom the origin names.
  return record.login?.lapsed ? withoutLapsed(next) : next;
}

function withoutLapsed({ login, ...next }: SessionRecord): SessionRecord {
  return next;
}

/**
 * The record once the provider has been asked to confirm its login. The view before a rotation follows: the same visitor may still use it.
 *
 * @param login as it is from now on; `lapsed` if the provider has refused.
 */
export function confirmed(record: SessionRecord, login: Login): SessionRecord {
  const { before } = record;
  const version = record.version + 1;
  const next = { ...record, login, version };
  if (!before?.view.login || !isSamePerson(before.view.login, login)) return next;
  const { claims, roleClaims, confirmedAt } = login;
  const older: Login = { ...before.view.login, claims, roleClaims, ...(confirmedAt !== undefined && { confirmedAt }) };
  const view = login.lapsed ? withoutLogin(before.view) : { ...before.view, login: older };
  return { ...next, before: { ...before, view: { ...view, version } } };
}

/**
 * Whether another person may have left attributes in the session. An application may have logged them in by an attribute alone: before the
 * session was adopted, or beside a rotation. The provider's visitor must not be taken for them, so a login at the edge keeps no such session.
 */
export function isOfSomebody({ principal, somebodys, generation }: SessionRecord, { login }: Change): boolean {
  if (principal !== undefined) return true;
  const isAtEdge = (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && login !== undefined;
  return isAtEdge && (somebodys === true || generation > 0);
}
