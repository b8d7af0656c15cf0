import { NO_CREDENTIALS } from "../../src/carriers/credentials.ts";
import { createOwnCookies } from "../../src/carriers/own-cookies.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import { createTokens } from "../../src/inbound/token/tokens.ts";

/**
 * Tells which session a `Cookie` header belongs to, by the token in it.
 *
 * @param keys `MOOR_TOKEN_KEYS`
 */
export function createSessionIds(keys: string | undefined): (header: string | null) => Promise<string | undefined> {
  const tokens = createTokens(parseKeyRing(keys, "MOOR_TOKEN_KEYS"));
  const cookies = createOwnCookies({ name: "moor", prefix: "__Host-" });
  return async (header) => {
    const token = cookies.split(header).own.get(cookies.names(false).token);
    return token === undefined ? undefined : (await tokens.open({ ...NO_CREDENTIALS, token }, Date.now()))?.id;
  };
}
