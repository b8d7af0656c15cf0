import { NO_CREDENTIALS } from "../../src/carriers/credentials.ts";
import { createOwnCookies } from "../../src/carriers/own-cookies.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { createTokens } from "../../src/inbound/token/tokens.ts";

/**
 * Tells which session a `Cookie` header belongs to, by the token in it.
 *
 * @param keys `MOOR_TOKEN_KEYS`
 * @param cookieFor the name of the cookie with the token, by the header.
 */
export function createSessionIds(
  keys: string | undefined,
  cookieFor: (header: string | null) => string,
): (header: string | null) => Promise<string | undefined> {
  const tokens = createTokens(parseKeyRing(keys, "MOOR_TOKEN_KEYS"));
  return async (header) => {
    const cookies = createOwnCookies({ name: cookieFor(header), prefix: "__Host-" });
    const token = cookies.split(header).own.get(cookies.names(false).token);
    return token === undefined ? undefined : (await tokens.open({ ...NO_CREDENTIALS, token }, Date.now()))?.id;
  };
}
