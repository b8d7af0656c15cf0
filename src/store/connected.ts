import type { SessionCookies } from "../carriers/carrier.ts";
import type { Authority, Locks } from "./contracts.ts";
import type { Principals } from "./principal-contracts.ts";

/** The stores of one request: their calls follow each other on one connection, or they know the cookies of the request. */
export interface Connected {
  readonly authority: Authority;
  readonly locks: Locks | undefined;
  readonly principals: Pick<Principals, "reserve"> | undefined;
  /** Gives the connection up. Work that goes on afterwards has connections of its own. */
  end(): Promise<void>;
  /** `Set-Cookie` headers that the response must have, whatever else it says. Absent: there are none. */
  cookies?(): readonly string[];
}

/** The sessions that a request carries in its cookies. */
export interface CarriedSessions {
  readonly cookies: SessionCookies;
  /** The ids of sessions that are older than the session of the request, and that the browser need no longer hold. */
  readonly older: readonly string[];
}

/**
 * Begins the connection of a request. It opens with the first call.
 *
 * @param carried absent: no carrier holds whole sessions.
 */
export type Connect = (carried?: CarriedSessions) => Connected;
