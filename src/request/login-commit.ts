import { isTwin } from "../session/login.ts";
import type { View } from "../session/record.ts";
import type { Intent } from "../session/session.ts";
import type { OpenedSession, OpenSessionParts } from "../store/open-session.ts";

/**
 * Whether an origin names another principal than the login at the provider.
 *
 * @param view of a session with a login.
 */
export function isOtherPrincipal({ principal, login }: Intent, view: View): boolean {
  return principal !== undefined && !login && principal !== view.principal;
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
