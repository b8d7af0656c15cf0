import { BALANCERS } from "../../balancers/registry.ts";
import type { ResolvedPool } from "../../config/resolved.ts";
import { cookieValue, unquoted } from "../../lib/cookie-value.ts";
import { pinOf } from "./pins.ts";

/**
 * The pin of a visitor whom another balancer has kept on a server so far; `undefined`: the cookie is missing, or names no origin.
 *
 * @param cookies the client's `Cookie` header.
 */
export type FormerPin = (cookies: string | null) => number | undefined;

/** Compiles how a pool follows the cookies of the balancer that was there before Moor (docs/explanation/decisions/055). */
export function createFormerPin({ id, origins, formerBalancer }: ResolvedPool): FormerPin | undefined {
  if (!formerBalancer) return undefined;
  const { type, cookie } = formerBalancer;
  const pins = new Map(origins.map((origin) => [origin.route, pinOf(id, origin.id)]));
  return (cookies) => {
    const value = cookieValue(cookies, cookie);
    return value === undefined ? undefined : pins.get(BALANCERS[type](unquoted(value)));
  };
}
