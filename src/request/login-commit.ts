import { isTwin } from "../session/login.ts";
import type { View } from "../session/record.ts";
import type { Intent } from "../session/session.ts";
import type { OpenedSession, OpenSessionParts } from "../store/open-session.ts";

/**
 * Why an origin may not name a principal; `undefined`: it may, or it names none.
 *
 * @param view as it was before. `undefined`: the session exists nowhere.
 * @param loginIds of all logins of `logins`. Default: there is one login at most.
 */
export function principalRefusal(
  { principal, login }: Intent,
  view: View | undefined,
  loginIds: readonly string[] = [],
): string | undefined {
  if (principal === undefined || login || principal === view?.principal) return undefined;
  if (view?.login) return "the provider of logins has named another principal";
  if ((typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) && loginIds.some((id) => principal.startsWith(`${id}:`)))
    return "only a provider names principals that begin with the id of its login";
  return undefined;
}

/** Whether another tab of the same browser has just made the same login, so that this login needs no session of its own. */
export async function isJoined(
  { ref }: Pick<OpenedSession, "ref">,
  { login, joins }: Intent,
  { authority, clock }: Pick<OpenSessionParts, "authority" | "clock">,
): Promise<boolean> {
  if (!login || !joins) return false;
  const found = await authority.read(ref, clock());
  return found.kind === "superseded" && isTwin(found.current?.login, login, clock());
}
