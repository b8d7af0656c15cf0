import type { Clock } from "../../../../emulation/clock.ts";
import type { FaultOf, LinkFault } from "../../../../emulation/faults.ts";
import type { RowStore } from "../../../../src/row-stores/row-store.ts";
import type { Random } from "../../random.ts";

/** A server in memory that keeps rows, with a driver of Moor before it. */
export interface RowServer {
  /**
   * The rows as a location reaches them: over a link that is slow, and that fails.
   *
   * @param now the clock of the location, in milliseconds since 1970.
   */
  from(location: string, now: () => number): RowStore;
  /** The same rows without a link, for looks at what is stored. */
  readonly store: Pick<RowStore, "read">;
  /** The server comes back with the rows that it held so many milliseconds ago, or with fewer. */
  setBack(ms: number): void;
  /** Gives back what it holds outside of JavaScript. */
  close?(): void;
}

/** The surroundings of a server. */
export interface RowServerParts {
  readonly clock: Clock;
  readonly random: Random;
  /** The server's own clock, in milliseconds since 1970. */
  readonly serverNow: () => number;
  /** How long a command or its answer travels, in milliseconds. */
  readonly latencyMs: () => number;
  readonly faultOf: FaultOf<LinkFault>;
  /** Whether all trouble is over. From then on the server answers as it should. */
  readonly isCalm: () => boolean;
}

/** Makes a server for one schedule. */
export type CreateRowServer = (parts: RowServerParts) => RowServer;
