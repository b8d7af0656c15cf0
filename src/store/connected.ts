import type { Authority, Locks } from "./contracts.ts";
import type { Principals } from "./principal-contracts.ts";

/** The stores of one request whose calls follow each other on one connection. */
export interface Connected {
  readonly authority: Authority;
  readonly locks: Locks;
  readonly principals: Pick<Principals, "reserve"> | undefined;
  /** Gives the connection up. Work that goes on afterwards has connections of its own. */
  end(): Promise<void>;
}

/** Begins the connection of a request. It opens with the first call. */
export type Connect = () => Connected;
