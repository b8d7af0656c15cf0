import type { ResolvedCookieCarrier } from "../../src/config/resolved.ts";
import { createCarriers } from "../../src/inbound/carriers/carriers.ts";
import { createCookieCarrier } from "../../src/inbound/carriers/cookie-carrier.ts";
import { createOwnCookies } from "../../src/inbound/carriers/cookies.ts";
import { T0 } from "./time.ts";

/** The cookie of a configuration that says nothing of carriers. */
export const COOKIE: ResolvedCookieCarrier = {
  type: "cookie",
  name: "moor",
  prefix: "__Host-",
  domain: undefined,
  path: "/",
  sameSite: "lax",
  partitioned: false,
};

export const MARK_LIFE_SECONDS = 86_400;

/** A cookie carrier at the tests' time 0. */
export function cookieCarrier(secure: boolean, changes: Partial<ResolvedCookieCarrier> = {}) {
  const settings = { ...COOKIE, ...changes };
  const cookies = createOwnCookies(settings);
  return createCookieCarrier({ cookies, settings, secure, markLifeSeconds: MARK_LIFE_SECONDS, now: () => T0 });
}

/** The carriers of a configuration that says nothing of them. */
export const carriers = createCarriers([COOKIE], { markLifeSeconds: MARK_LIFE_SECONDS, now: () => T0 });
