import type { CarrierOptions } from "../../src/carriers/carrier.ts";
import type { ResolvedCookieCarrier } from "../../src/carriers/cookie.ts";
import { createCarrier } from "../../src/carriers/registry.ts";
import { createCarriers } from "../../src/inbound/carriers.ts";
import { T0 } from "./time.ts";

/** The cookie of a configuration without carriers. */
export const COOKIE: ResolvedCookieCarrier = {
  type: "cookie",
  name: "moor",
  prefix: "__Host-",
  domain: undefined,
  path: "/",
  sameSite: "lax",
  partitioned: false,
  persistent: "always",
};

/** The parts of the tests' carriers. */
export const OPTIONS: CarrierOptions = { markLifeSeconds: 86_400, now: () => T0 };

/** A cookie carrier at the tests' time 0. */
export function cookieCarrier(secure: boolean, changes: Partial<ResolvedCookieCarrier> = {}) {
  const settings = { ...COOKIE, ...changes };
  return createCarrier(settings, OPTIONS)[secure ? "https" : "http"];
}

/** The carriers of a configuration that does not set them. */
export const carriers = createCarriers([COOKIE], OPTIONS);
