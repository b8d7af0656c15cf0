import type { ResolvedConfig } from "../config/resolved.ts";
import type { Carriers } from "../inbound/carriers.ts";
import { openNewest } from "../inbound/token/newest.ts";
import type { Connect, Connected } from "../store/connected.ts";
import type { Visit } from "./visit.ts";

type Open = Parameters<Carriers["read"]>[2];

/** How the stores of one request begin, and what differs if browsers hold whole sessions. */
export interface Carried {
  /** Whether browsers hold whole sessions in cookies. */
  readonly holdsSessions: boolean;
  /** How the token of a client is opened, who may hold tokens of several sessions. */
  opensWith(open: Open): Open;
  /** The stores of one request; `undefined`: all requests have the same. */
  connect(visit: Pick<Visit, "client" | "request">): Connected | undefined;
}

/** @param parts.connect begins the connection of a request. Default: requests have no stores of their own. */
export function createCarried({
  config,
  connect,
}: {
  readonly config: Pick<ResolvedConfig, "stores">;
  readonly connect?: Connect | undefined;
}): Carried {
  if (
    (typeof MOOR_COOKIE_SESSIONS === "undefined" || MOOR_COOKIE_SESSIONS) &&
    config.stores.authority.type === "cookie"
  ) {
    return {
      holdsSessions: true,
      opensWith: (open) => (credentials) => openNewest(credentials, open),
      connect({ client: { carrier, token }, request }) {
        const cookies = carrier.sessions?.(request);
        return connect?.(cookies && { cookies, older: token?.older ?? [] });
      },
    };
  }
  return {
    holdsSessions: false,
    opensWith: (open) => open,
    connect: () => (typeof MOOR_ROWS === "undefined" || MOOR_ROWS ? connect?.() : undefined),
  };
}
