import type { RowConnection, RowStore } from "../row-stores/row-store.ts";

/** A store whose calls of one request follow each other on one connection. */
export interface SharedConnection {
  readonly connect: () => RowConnection;
  /** Ends the connection, now or when its transaction is over. A later transaction opens it again, and ends it. */
  end(): Promise<void>;
}

/** A connection that is idle for so long is ended: an origin may take minutes to answer, and servers have few connections. */
const MOST_IDLE_MS = 1_000;

/**
 * Lends one connection to the transactions of a request, one after the other. A transaction beside another has a connection of its own,
 * because the calls of a connection follow each other.
 *
 * @param open begins a connection of the store. It may be used again after its end.
 */
export function shareConnection(open: NonNullable<RowStore["connect"]>): SharedConnection {
  const kept = open();
  let isLent = false;
  let hasEnded = false;
  let idle: ReturnType<typeof setTimeout> | undefined;

  return {
    connect() {
      if (isLent) return open();
      if (idle !== undefined) clearTimeout(idle);
      isLent = true;
      return {
        read: kept.read,
        write: kept.write,
        async end() {
          isLent = false;
          if (hasEnded) return kept.end();
          // No one waits for this end, and it cannot fail: the connection is thrown away.
          idle = setTimeout(() => void kept.end(), MOST_IDLE_MS);
        },
      };
    },
    async end() {
      if (idle !== undefined) clearTimeout(idle);
      hasEnded = true;
      if (!isLent) await kept.end();
    },
  };
}
