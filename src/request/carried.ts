import type { ResolvedConfig } from "../config/resolved.ts";
import type { Carriers } from "../inbound/carriers.ts";
import { openNewest } from "../inbound/token/newest.ts";
import type { Connect, Connected } from "../store/connected.ts";
import type { Visit } from "./visit.ts";

type Open = Parameters<Carriers["read"]>[2];

/** What differs if browsers hold whole sessions in cookies. */
export interface Carried {
  /** How the token of a client is opened, who may hold tokens of several sessions. */
  opensWith(open: Open): Open;
  /** The stores of one request, which know its cookies. */
  connect(visit: Pick<Visit, "client" | "request">): Connected | undefined;
}

/**
 * @param parts.connect begins the stores of a request.
 * @returns `undefined`: the sessions of this site are in another store.
 */
export function createCarried({
  config,
  connect,
}: {
  readonly config: Pick<ResolvedConfig, "stores">;
  readonly connect?: Connect | undefined;
}): Carried | undefined {
  if (config.stores.authority.type !== "cookie") return undefined;
  return {
    opensWith: (open) => (credentials) => openNewest(credentials, open),
    connect({ client: { carrier, token }, request }) {
      const cookies = carrier.sessions?.(request);
      return connect?.(cookies && { cookies, older: token?.older ?? [] });
    },
  };
}
