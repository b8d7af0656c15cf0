import type { Credentials } from "../../carriers/credentials.ts";
import type { OpenedToken } from "./tokens.ts";

/**
 * The token that counts, if a client may hold tokens of several sessions: that of a stored session, and of the session that was born last. A
 * late response for a session that has ended leaves its token beside the token of the session after it.
 *
 * @param open opens a token.
 */
export async function openNewest(
  credentials: Credentials,
  open: (credentials: Credentials) => Promise<OpenedToken | undefined>,
): Promise<OpenedToken | undefined> {
  const { token, others = [] } = credentials;
  if (others.length === 0) return open(credentials);
  const opened = await Promise.all([token, ...others].map((text) => open({ ...credentials, token: text })));
  const [newest, ...older] = opened.filter((one) => one !== undefined).sort(byBirth);
  return newest && { ...newest, older: older.map(({ id }) => id) };
}

/** Births are told in seconds. Of two sessions that were born in the same second, the first in the given order counts. */
function byBirth(one: OpenedToken, other: OpenedToken): number {
  return Math.min(other.version, 1) - Math.min(one.version, 1) || other.bornAt - one.bornAt;
}
