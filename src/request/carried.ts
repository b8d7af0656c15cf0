import type { ResolvedConfig } from "../config/resolved.ts";
import type { OpenToken } from "../inbound/carriers.ts";
import { openNewest } from "../inbound/token/newest.ts";
import type { Connect, Connected } from "../store/connected.ts";
import type { AnyVisit } from "./visit.ts";

/** What differs if browsers hold whole sessions in cookies. */
export interface Carried {
  /** How the token of a client is opened, who may hold tokens of several sessions. */
  opensWith(tokens: OpenToken): OpenToken;
  /** The stores of one request, which know its cookies. */
  connect(visit: Pick<AnyVisit, "client" | "request">): Connected | undefined;
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
    opensWith: ({ known, open }) => ({
      known: (credentials) => (credentials.others?.length ? undefined : known(credentials)),
      open: (credentials) => openNewest(credentials, open),
    }),
    connect({ client: { carrier, token }, request }) {
      const cookies = carrier.sessions?.(request);
      return connect?.(cookies && { cookies, older: token?.older ?? [] });
    },
  };
}
