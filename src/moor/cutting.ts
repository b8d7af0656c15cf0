import { loginsOf } from "../config/logins.ts";
import { cutOverrides } from "../login/override-headers.ts";
import type { Exchange } from "../request/exchange.ts";
import type { MoorParts } from "../request/parts.ts";

/**
 * Cuts out of the headers for an origin what carriers read, and behind a guard what would make it serve another path. A trace goes on
 * in those headers.
 */
export function cutting({ config, tracer }: MoorParts, { carriers }: Exchange): Exchange["carriers"]["cut"] {
  const { cut } = carriers;
  const others: ((headers: Headers) => void)[] = [];
  if ((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && loginsOf(config).length > 0) others.push(cutOverrides);
  if ((typeof MOOR_TRACES === "undefined" || MOOR_TRACES) && tracer) others.push(tracer.propagate);
  if (others.length === 0) return cut;
  return (headers, sent) => {
    cut(headers, sent);
    for (const other of others) other(headers);
  };
}
